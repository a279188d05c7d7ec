"""What is wrong with a workspace, and the command that mends it: looked at, never changed."""
