"""Draws the example's pictures into `raw/`; `ymir init --example cluster` runs it once."""

from pictures import write_sets

if __name__ == "__main__":
    write_sets({"train": 40, "val": 40, "test": 200, "pool": 1200})
