"""Data of other platforms, turned into a workspace. They are only read, never written to."""
