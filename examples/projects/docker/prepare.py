"""Draws pictures of signal lamps into `raw/`; `ymir init --example docker` runs it once."""

import sys
from importlib import import_module

from ymir.resources import resource

if __name__ == "__main__":
    sys.path.insert(0, str(resource("examples") / "projects" / "cluster"))
    import_module("pictures").write_sets({"train": 40, "val": 40, "test": 100, "pool": 200})
