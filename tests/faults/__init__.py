"""What goes wrong around ymir, on purpose: at every effect, on every disk, in every neighbour."""
