"""`docs/how-to/python.md`: its blocks run, one after the other, as in a notebook."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.following import follow
from tests.docs.pages import DOCS, read
from tests.workspaces import ENVIRONMENT


def test_the_page_runs_from_its_top_to_its_end(tmp_path: Path) -> None:
    page = read(DOCS / "how-to" / "python.md")
    follow(page, tmp_path)
    cells = [block.text for block in page.blocks if block.language == "python"]
    script = tmp_path / "cells.py"
    script.write_text("\n".join(cells))
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path / "here",
        env={**ENVIRONMENT, "HOME": os.fspath(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "lamps: goal met: mAP" in done.stdout
    assert "did you mean `lamps-train`?" in done.stdout
    assert len(cells) >= 6
