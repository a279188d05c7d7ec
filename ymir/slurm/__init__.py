"""Slurm: what it is asked and what it answers, as values; its commands; what runs on a node."""
