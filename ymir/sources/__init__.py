"""Where datasets come from, and how they are taken in: found, fetched, read once, checked."""
