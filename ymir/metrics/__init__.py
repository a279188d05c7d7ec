"""How predictions are judged. Pure functions over tables."""
