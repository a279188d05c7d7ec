"""The others: YMIR's own command line (`ymir-cmd` 2.3.0 on Python 3.8), and plain DVC.

YMIR's is installed once, into `~/.cache/ymir-benchmarks` (`YMIR_BENCHMARKS` names another folder);
without Python 3.8 it is left out, and so are the figures that compare.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from figures import Cost, cost_of
from made import CLASSES
from place import BIN, plain, say

PEER = ("ymir-cmd==2.3.0", "pycocotools==2.0.7")


@dataclass(frozen=True)
class Mir:
    """A repository of YMIR's, and the program that works on it."""

    program: Path
    folder: Path

    @property
    def repository(self) -> Path:
        """What grows with each version."""
        return self.folder / "repository"

    def init(self) -> None:
        """Make the repository, with the classes of the images that are imported."""
        self.folder.mkdir(parents=True)
        self._run("init")
        labels = "".join(
            f"- {{id: {number}, name: {name}, aliases: []}}\n"
            for number, name in enumerate(CLASSES)
        )
        (self.repository / ".mir" / "labels.yaml").write_text(f"version: 1\nlabels:\n{labels}")

    def imports(self, source: Path, revision: str) -> Cost:
        """Import VOC images; each import needs a revision of its own."""
        index = self.folder / "index.txt"
        index.write_text("".join(f"{path}\n" for path in sorted((source / "images").iterdir())))
        return self._run(
            *("import", "--index-file", index, "--gt-dir", source / "gt"),
            *("--gen-dir", self.folder / "media", "--dst-rev", revision, "--src-revs", "master"),
            *("-w", self.folder / "work", "--anno-type", "det-box"),
        )

    def derive(self, verb: str, revision: str, *words: str) -> Cost:
        """Make a revision out of others."""
        return self._run(verb, "--dst-rev", revision, "-w", self.folder / verb, *words)

    def size(self) -> int:
        """Bytes of the repository, images apart."""
        return sum(path.stat().st_size for path in self.repository.rglob("*") if path.is_file())

    def _run(self, verb: str, *words: str | Path) -> Cost:
        command = [self.program, verb, "--root", self.repository, *words]
        return _told(self.folder / "said.txt", command)


@dataclass(frozen=True)
class Dvc:
    """A DVC project without git, with a folder as its remote."""

    folder: Path

    def init(self, remote: Path | None = None) -> None:
        """Make the project; nothing of it is kept outside its folder and its remote."""
        (self.folder / ".dvc").mkdir(parents=True)
        (self.folder / ".dvc" / "config").write_text(
            "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n"
            "    remote = there\n    site_cache_dir = ../site\n"
            f"['remote \"there\"']\n    url = {remote or self.remote}\n"
        )

    @property
    def remote(self) -> Path:
        """Where it pushes to."""
        return self.folder.with_name(f"{self.folder.name}-remote")

    def run(self, *words: str) -> Cost:
        """A DVC command."""
        return _told(self.folder / ".said.txt", [BIN / "dvc", *words], cwd=self.folder)


def find_mir(folder: Path) -> Mir | None:
    """YMIR's `mir`, installed on first use; None where there is no Python 3.8."""
    program = _installed()
    return Mir(program, folder) if program else None


def imported(folder: Path, source: Path) -> Mir | None:
    """A repository with the images of `source` as `a@a`, made unless it is there."""
    mir = find_mir(folder)
    if mir and not mir.folder.exists():
        say("mir import, for what follows")
        mir.init()
        mir.imports(source, "a@a")
    return mir


def _told(log: Path, command: Sequence[str | Path], **options: object) -> Cost:
    """Run a command that talks much; what it said is shown only if it fails."""
    with log.open("w") as said:
        try:
            return cost_of(
                [str(word) for word in command], env=plain(), stdout=said, stderr=said, **options
            )
        except subprocess.CalledProcessError:
            say(log.read_text()[-2_000:])
            raise


@functools.cache
def _installed() -> Path | None:
    cache = Path(os.environ.get("YMIR_BENCHMARKS", "~/.cache/ymir-benchmarks")).expanduser()
    environment = cache / "ymir-cmd-2.3.0"
    if not (environment / "made").exists():
        python = _python38()
        if python is None:
            say("no Python 3.8 (try `pyenv install 3.8`): YMIR's own command line is left out")
            return None
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([python, "-m", "venv", environment], check=True)
        pip = [f"{environment}/bin/pip", "install", "--quiet", "--only-binary", ":all:", *PEER]
        subprocess.run(pip, check=True, env=plain())
        (environment / "made").touch()
    return environment / "bin" / "mir"


def _python38() -> Path | None:
    versions = sorted(Path("~/.pyenv/versions").expanduser().glob("3.8.*/bin/python3.8"))
    on_path = shutil.which("python3.8")
    for candidate in (*reversed(versions), *([Path(on_path)] if on_path else [])):
        if subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    return None
