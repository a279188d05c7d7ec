"""What makes the site of `docs/`: its navigation, the reference, and files from elsewhere here."""
