"""Draws the example's data sets into `raw/`; `ymir init --example helmet` runs it once."""

from scenes.__main__ import main

if __name__ == "__main__":
    main(["raw"])
