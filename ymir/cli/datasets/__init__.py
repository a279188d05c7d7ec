"""The subcommands of `ymir dataset`: one file each, and what several of them say."""
