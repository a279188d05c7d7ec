"""`ymir jobs …`: one module for each of its commands."""
