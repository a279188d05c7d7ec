"""Start TinyDet: `python main.py` does what `env.yaml` asks for."""

import sys

from tinydet.command import main

if __name__ == "__main__":
    sys.exit(main())
