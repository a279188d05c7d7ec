"""What each kind of stage does. One file is one kind; see `ymir.stages.kind`."""
