"""Drift: what is stored, pointed to or imported from is not as it was recorded. Only looked at."""
