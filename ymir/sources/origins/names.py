"""Names that somebody else chose for files: inside their folder, readable, and each given once."""

import re
import unicodedata

from ymir.errors import DataError

_PLAIN = re.compile(r"(?:[A-Za-z0-9_-][\w .,()+=@-]*/)*[A-Za-z0-9_-][\w .,()+=@-]*", re.ASCII)
_LONGEST = 1_000  # bytes of a whole name; nobody's layout is that deep
_LONGEST_PART = 255  # bytes that Linux takes
_SHOWN = 120


class Names:
    """Takes in the names of one source, and refuses what could harm or get lost."""

    def __init__(self, whose: str) -> None:
        self._whose = whose
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """The name in its plain form, with `/`; `DataError` where it must not become a file."""
        plain = name if len(name) < _LONGEST_PART and _PLAIN.fullmatch(name) else self._tidy(name)
        key = plain if plain.isascii() else unicodedata.normalize("NFC", plain)
        key = key.casefold()
        if key in self._taken:
            raise self._refused(name, "another file has this name, or one that differs in case")
        self._taken.add(key)
        return plain

    def folder(self, name: str) -> str:
        """The same for a folder, which may be named more than once; empty for the top."""
        return "" if name.strip("./") == "" and ".." not in name else self._tidy(name.rstrip("/"))

    def refuse_none(self) -> None:
        """Complain if there was not a single file."""
        if not self._taken:
            raise DataError(f"`{self._whose}` holds no file", hint="check that it is the right one")

    def _tidy(self, name: str) -> str:
        if why := _why_refused(name):
            raise self._refused(name, why)
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if not parts:
            raise self._refused(name, "it is empty")
        return "/".join(parts)

    def _refused(self, name: str, why: str) -> DataError:
        shown = repr(name if len(name) <= _SHOWN else name[:_SHOWN] + "…")
        return DataError(
            f"`{self._whose}` holds a file called {shown}, which is refused: {why}",
            hint="nothing was taken from it; have it made anew without that file",
        )


def _why_refused(name: str) -> str | None:
    if name.startswith("/"):
        return "its name is absolute"
    if ".." in name.split("/"):
        return "its name leads out of its folder"
    if "\\" in name:
        return "its name has a backslash"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        return "its name has a control character"
    try:
        content = name.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if len(content) > _LONGEST or any(len(part) > _LONGEST_PART for part in content.split(b"/")):
        return "its name is too long"
    return None
