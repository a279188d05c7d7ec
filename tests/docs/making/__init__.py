"""What makes the site: the reference, the navigation, and files from elsewhere."""
