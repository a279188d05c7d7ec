"""Slurm: a real cluster of several nodes on this machine, and what must hold when it breaks."""
