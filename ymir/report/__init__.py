"""What people open: versions collected into a `Report`, rendered into one HTML file."""
