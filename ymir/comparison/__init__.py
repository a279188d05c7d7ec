"""Models side by side: who takes part, on which images, and what each of them finds there."""
