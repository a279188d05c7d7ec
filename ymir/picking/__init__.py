"""Which images make a batch: orders, limits and shares that all strategies have in common. Pure."""
