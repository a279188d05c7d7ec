"""What a run of `apply` is made of: each a module with its own options, put together there."""
