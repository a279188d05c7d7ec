"""Image bytes: checked, hashed, stored once, handed out as links."""
