"""What the data is: one table type and pure functions over it. No files, no images."""
