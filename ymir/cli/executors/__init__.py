"""The commands of `ymir executor`, one module each, and what they share."""
