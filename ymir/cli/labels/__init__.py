"""`ymir labels …`: one module for each of its commands."""
