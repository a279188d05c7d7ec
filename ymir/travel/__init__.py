"""Unfinished work that goes on elsewhere: what it left so far goes through DVC and git."""
