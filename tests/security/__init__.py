"""Secrets stay secret, and what others send stays in its place: `SECURITY.md`, as tests."""
