"""A packaged model looks at photos and videos: what it finds, drawn, as JSON, and as a page."""
