"""The loop replayed on images that are labelled already, to see what each strategy is worth."""
