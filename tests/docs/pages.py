"""The pages that people read, taken apart: what stands at their top, and their fenced blocks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
UNREAD = ("docs/README.md", "CHANGELOG.md")  # for authors; what was once
_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(
    r"^(?P<margin> *)(?P<fence>```+)(?P<language>[\w+-]*)(?P<told>[^\n`]*)\n"
    r"(?P<text>.*?)^(?P=margin)(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')
_FILE = re.compile(r"\A# ([\w./-]+\.\w+)\n")


@dataclass(frozen=True)
class Block:
    """A fenced part of a page; `line` is that of its first fence."""

    language: str
    title: str
    text: str
    line: int

    @property
    def file(self) -> str:
        """The file that it is the whole of, by its title or its first line; empty where none."""
        named = _FILE.match(self.text) if self.language != "console" else None
        return self.title or (named[1] if named else "")


@dataclass(frozen=True)
class Page:
    """One page; `front` is what stands at its top, between the two `---`."""

    path: Path
    front: Mapping[str, Any]
    text: str

    @property
    def name(self) -> str:
        """Its path in the repository."""
        is_ours = self.path.is_relative_to(ROOT)
        return self.path.relative_to(ROOT).as_posix() if is_ours else self.path.name

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All of its fenced blocks, in order."""
        return tuple(
            Block(
                language=found["language"],
                title=(_TITLE.findall(found["told"]) or [""])[0],
                text=dedent(found["text"]),
                line=self.text.count("\n", 0, found.start()) + 1,
            )
            for found in _FENCE.finditer(self.text)
        )

    @property
    def runs(self) -> bool:
        """Whether its commands are typed in a test, from the first to the last."""
        return self.front.get("run") is True

    @property
    def why(self) -> str:
        """Why they are not."""
        return str(self.front.get("why", ""))

    @property
    def needs(self) -> tuple[str, ...]:
        """What its commands need from the machine."""
        return tuple(self.front.get("needs", ()))

    @property
    def setup(self) -> tuple[str, ...]:
        """Commands that are typed before its own, and not shown."""
        return tuple(self.front.get("setup", ()))

    @property
    def commands(self) -> tuple[Block, ...]:
        """The blocks that show a terminal."""
        return tuple(block for block in self.blocks if block.language == "console")

    @property
    def prose(self) -> str:
        """What is left without the fenced blocks; its lines stay where they are."""
        return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), self.text)


def read(path: Path) -> Page:
    """The page that is written in a file."""
    text = path.read_text()
    front = _FRONT.match(text)
    return Page(path, (yaml.safe_load(front[1]) or {}) if front else {}, text)


@cache
def all_pages() -> tuple[Page, ...]:
    """Every page of the repository that people are meant to read."""
    folders = ("docs", "examples", "executors", "specs", "benchmarks")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.md")]
    ours = [*ROOT.glob("*.md"), *(path for path in found if ".venv" not in path.parts)]
    pages = [read(path) for path in sorted(ours)]
    return tuple(page for page in pages if page.name not in UNREAD)


def site_pages(folder: str = "") -> tuple[Page, ...]:
    """The pages of the site that people write, in one of its folders."""
    place = DOCS / folder
    return tuple(
        page for page in all_pages() if place in page.path.parents and page.path.name != "README.md"
    )
