"""What editors need to complete and check specs: the schema that their first line names."""

from contextlib import suppress
from pathlib import Path

from ymir.dvc.files import write_whole
from ymir.resources import resource


def offer_schema(root: Path) -> None:
    """Put this version's schema into `.ymir/`, if it is not there and the disk takes it."""
    file = root / ".ymir" / "schema.json"
    newest = (resource("specs") / "ymir.schema.json").read_text(encoding="utf-8")
    with suppress(OSError):  # editors can do without; nothing else reads it
        if not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != newest:
            write_whole(file, newest)
