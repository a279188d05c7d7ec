"""Runs an executor through every task on a tiny data set, and says which rules it keeps."""
