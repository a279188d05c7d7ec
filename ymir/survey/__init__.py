"""What lies in people's folders, which are only read, and the specs that fit it."""
