"""The pages that people read: what they show is typed as they would, and is true."""
