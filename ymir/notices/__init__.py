"""Ways to notify: a module per way, whose name is its name in specs."""
