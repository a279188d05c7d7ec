"""What `ymir watch` is put together from: its options, where it is called, what it shows."""
