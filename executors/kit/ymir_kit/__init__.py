"""What our executors share: the folder contract, reading images, ranking them."""
