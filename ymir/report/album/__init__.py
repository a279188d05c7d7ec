"""What the gallery of a page shows: its columns, its pictures, and both packed into text."""
