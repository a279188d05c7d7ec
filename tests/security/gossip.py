"""An executor that prints whatever it can find, and works or fails as it is told."""

import base64
import json
import os
import runpy
import sys
from pathlib import Path

BLOCKS = Path(__file__).parents[1] / "colour_blocks.py"


def main() -> None:
    print(f"my environment: {json.dumps(dict(os.environ))}", flush=True)  # noqa: T201 - as programs do
    secret = os.environ.get("GOSSIP", "")
    print("in pieces", secret[:11], secret[11:], sep="\n")  # noqa: T201 - likewise
    in_base64 = base64.b64encode(b"Authorization: " + secret.encode()).decode()
    print(in_base64, flush=True)  # noqa: T201 - likewise
    if Path(os.environ["GOSSIP_FAILS"]).exists():
        sys.exit(f"RuntimeError: 403 for {secret} at https://x.example/?X-Amz-Signature=planted")
    runpy.run_path(str(BLOCKS), run_name="__main__")


if __name__ == "__main__":
    main()
