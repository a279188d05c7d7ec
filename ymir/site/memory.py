"""What the last page of a workspace was made of, so that nothing unchanged is made again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from ymir.dvc.files import if_writable, write_whole

_Stamps = TypeAdapter(dict[str, str])
_Words = TypeAdapter(dict[str, tuple[str, ...]])


@dataclass
class Memory:
    """`.ymir/site/known.json`; may be deleted, and is then found out anew.

    Held open while a page is made; galleries that are gone and versions nobody asks for any more
    are forgotten.
    """

    file: Path
    _galleries: dict[str, str] = field(default_factory=dict)
    _changes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _before: bytes = b""

    @classmethod
    def of(cls, root: Path) -> Memory:
        """Of a workspace; a file that is torn is as good as none."""
        file = root / ".ymir" / "site" / "known.json"
        try:
            text = file.read_bytes()
            read = orjson.loads(text)
            galleries = _Stamps.validate_python(read["galleries"])
            changes = _Words.validate_python(read["changes"])
        except (OSError, ValueError, LookupError, TypeError, ValidationError):
            return cls(file)
        return cls(file, galleries, changes, _before=text)

    def gallery(self, folder: str) -> str | None:
        """What the gallery in this folder was made of."""
        return self._galleries.get(folder)

    def note_gallery(self, folder: str, made_of: str) -> None:
        """Keep what it was made of."""
        self._galleries[folder] = made_of

    def changes(self, between: str) -> tuple[str, ...] | None:
        """What differs between two versions, in words."""
        self._used.add(between)
        return self._changes.get(between)

    def note_changes(self, between: str, words: tuple[str, ...]) -> None:
        """Keep what differs."""
        self._used.add(between)
        self._changes[between] = words

    def save(self) -> None:
        """Write it, if anything is new; where nothing may be written, do without."""
        kept = {
            "galleries": {k: v for k, v in sorted(self._galleries.items()) if Path(k).is_dir()},
            "changes": {k: v for k, v in sorted(self._changes.items()) if k in self._used},
        }
        text = orjson.dumps(kept, option=orjson.OPT_INDENT_2)
        if text != self._before:
            with if_writable():
                write_whole(self.file, text.decode())
