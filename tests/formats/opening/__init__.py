"""What the libraries that exports are for see in them: each opens a folder in its own process."""
