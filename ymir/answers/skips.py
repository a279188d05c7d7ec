"""Images that people say cannot be labelled: a line each in `skipped.txt`, its name, then why."""

from __future__ import annotations

from collections.abc import Iterator

from ymir.answers.dropped import PLACE, Dropped, Files, by_name
from ymir.answers.rows import Said
from ymir.data.answers import SKIPPED
from ymir.media.files import read_file

_LARGEST = 1 << 24  # bytes of a list
_LONGEST = 200  # letters of a name in a message


def skips(files: Dropped, sent: Files) -> Iterator[Said]:
    """The images that are skipped, with the reason where one is given."""
    known = by_name(sent)
    for name in files.skipped:
        text = read_file(str(files.folder / name), _LARGEST, _LARGEST).decode(
            "utf-8-sig", "replace"
        )
        for number, line in enumerate(text.splitlines(), start=1):
            written, _, why = line.strip().replace("\t", " ").partition(" ")
            if written and not written.startswith("#"):
                image = known.get(written.rstrip(",;:").removeprefix(PLACE))
                source = f"{name}: line {number}"
                if image is None:
                    problem = f"there is no image `{written[:_LONGEST]}` in the batch"
                    yield Said("", source, problem=problem)
                else:
                    key = sent[image]
                    reason = why.strip() or None
                    yield Said(key.image, source, copy=key.copy, state=SKIPPED, why=reason)
