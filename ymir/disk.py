"""Force what was written to the disk: no name may outlive a power cut that its content does not."""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)


def settle(*folders: Path) -> None:
    """Force all that was written to the file systems of these folders.

    `os.sync` waits for every disk of the machine, even for one that answers no more, and tells of
    no error; here one raises `OSError`.
    """
    if not hasattr(_LIBC, "syncfs"):  # only Linux has it
        os.sync()
        return
    disks = {folder.stat().st_dev: folder for folder in folders}
    for folder in disks.values():
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            if _LIBC.syncfs(descriptor):
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(folder))
        finally:
            os.close(descriptor)
