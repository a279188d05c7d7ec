"""Pages on which people look at the images of a dataset, opened from disk."""
