"""Waits until another `apply` may bring something on: what wakes it, and who may call."""
