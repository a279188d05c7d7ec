"""Which images are in a batch already, known without reading the batches' long listings."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ymir.dvc import pointer
from ymir.dvc.files import if_writable, unfinished
from ymir.dvc.objects import object_path, tree_entries
from ymir.dvc.project import MEDIA, cache_of

_SIZE = 16  # bytes of a digest


@dataclass(frozen=True)
class Register:
    """The digests of each batch, one after the other, in `.ymir/pool/`; made anew if lost."""

    workspace: Path

    def unknown(self, digests: Collection[str]) -> set[str]:
        """Those of the images that no batch at hand lists."""
        left = {bytes.fromhex(digest) for digest in digests}
        for known in self._batches():
            if not left:
                break
            left.difference_update(known)
        return {digest.hex() for digest in left}

    def note(self, batch: str, digests: Iterable[str]) -> bytes:
        """Remember what a batch holds."""
        content = b"".join(sorted(map(bytes.fromhex, digests)))
        file = self._file(batch)
        partial = unfinished(file)
        with if_writable():
            file.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(file)
        return content

    def _batches(self) -> Iterator[Iterator[bytes]]:
        for file in sorted((self.workspace / MEDIA / "pool").glob("*.dvc")):
            content = self._known(file)
            yield (content[at : at + _SIZE] for at in range(0, len(content), _SIZE))

    def _known(self, file: Path) -> bytes:
        pointed = pointer.read(file)
        kept = self._file(file.stem)
        if kept.is_file() and kept.stat().st_size == _SIZE * pointed.files:
            return kept.read_bytes()
        listing = object_path(cache_of(self.workspace / MEDIA), pointed.digest)
        if not listing.exists():
            return b""  # not fetched yet: its images would be in two batches, which harms nobody
        return self.note(file.stem, tree_entries(listing.read_bytes()).values())

    def _file(self, batch: str) -> Path:
        return self.workspace / ".ymir" / "pool" / f"{batch}.md5"
