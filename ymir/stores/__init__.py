"""Where versions are kept. One file is one store; see `ymir.contracts.store`."""
