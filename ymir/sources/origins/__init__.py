"""Data from elsewhere, brought into a folder that formats can read."""
