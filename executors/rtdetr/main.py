"""Start the detector for GPUs: `python main.py` does what `env.yaml` asks for."""

import sys
from pathlib import Path

# An image has `ymir_kit` beside this file; a checkout and a wheel have it in the folder next door.
sys.path.append(str(Path(__file__).resolve().parent.parent / "kit"))

from rtdetr.command import main

if __name__ == "__main__":
    sys.exit(main())
