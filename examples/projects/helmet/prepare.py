"""Draws the example's data sets into `raw/`; `ymir init --example helmet` runs it once."""

import sys

from scenes.__main__ import main

if __name__ == "__main__":
    sys.argv = [sys.argv[0], "raw"]
    main()
