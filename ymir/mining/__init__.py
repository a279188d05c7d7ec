"""How images worth labelling are chosen. One file is one strategy; see `ymir.contracts.mining`."""
