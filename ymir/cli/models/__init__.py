"""One module per subcommand of `ymir model`."""
