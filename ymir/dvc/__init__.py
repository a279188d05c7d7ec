"""Everything ymir knows about DVC and its file formats; nothing else imports `dvc`."""
