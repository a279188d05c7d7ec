"""Who labels a batch. One file is one tool; see `ymir.contracts.labeling`."""
