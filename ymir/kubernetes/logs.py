"""What programs in pods print, as it comes."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator


def decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """The same as text; a letter that lies in two pieces stays whole."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
