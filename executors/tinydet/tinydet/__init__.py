"""A small object detector that learns on a CPU and speaks the folder contract."""
