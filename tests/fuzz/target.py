"""One reader of bytes from strangers, and the law that every reader keeps."""

import shutil
import tempfile
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.guard import BreachError, watched
from ymir.cli.console import shown
from ymir.errors import YmirError

_LONGEST = 60_000  # letters of a message
LARGEST = 256 << 10  # bytes of an input
CORPUS = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Target:
    """`read` looks at bytes in an empty folder of its own; `seeds` are inputs that it understands.

    `kind` says how the seeds are changed: `json`, `yaml`, `lines`, `zip`, `tar` or `bytes`. `words`
    are pieces that mean something to the reader. `prepare` fills the folder, once.
    """

    name: str
    read: Callable[[Path, bytes], object]
    seeds: Sequence[bytes]
    kind: str = "bytes"
    words: Sequence[bytes] = ()
    prepare: Callable[[Path], object] = field(default=lambda folder: None)


class Bench:
    """A target with its folder, which is prepared once and cleaned of what inputs leave."""

    def __init__(self, target: Target, folder: Path | None = None) -> None:
        self.target = target
        self.folder = folder or Path(tempfile.mkdtemp(prefix="ymir-fuzz-"))
        self.folder.mkdir(exist_ok=True)
        target.prepare(self.folder)
        self._kept = set(self.folder.rglob("*"))
        for seed in target.seeds:  # what it imports late, it imports now
            with suppress(YmirError):
                target.read(self.folder, seed)
            self._clean()

    def why(self, data: bytes) -> str | None:
        """How the reader breaks the law over these bytes; None where it keeps it."""
        try:
            with watched(self.folder, len(data)):
                self.target.read(self.folder, data)
        except YmirError as error:
            return _why_words(error)
        except BreachError as error:
            return f"{error} ({_place(error)})"
        except MemoryError as error:
            return f"MemoryError ({_place(error)})"
        except Exception as error:  # noqa: BLE001 - what a fuzzer is for
            return f"{type(error).__name__} ({_place(error)})"
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return f"{type(error).__name__} ({_place(error)})"  # Rust's panics
        finally:
            self._clean()
        return None

    def close(self) -> None:
        """Take the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clean(self) -> None:
        for each in self.folder.iterdir():
            if each in self._kept:
                continue
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)


def _why_words(error: YmirError) -> str | None:
    text = f"{error}\n{error.hint or ''}"
    if len(text) > _LONGEST:
        return f"words: {len(text)} letters ({_place(error)})"
    try:
        shown(text).encode()
    except UnicodeEncodeError:
        return f"words: no terminal can show them ({_place(error)})"
    return None if str(error).strip() else f"words: none ({_place(error)})"


def _place(error: BaseException) -> str:
    """The innermost line of ymir in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [each for each in frames if "/ymir/" in each.filename and "/tests/" not in each.filename]
    if not ours:
        return "outside of ymir"
    last = ours[-1]
    return f"{last.filename.rpartition('/ymir/')[2]}:{last.name}"
