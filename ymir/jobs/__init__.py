"""The folder contract with executors: what goes into `in/`, what is believed of `out/`."""
