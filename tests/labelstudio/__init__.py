"""A real Label Studio server for tests, and the people who label in it."""
