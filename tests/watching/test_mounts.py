"""File systems that tell of no changes are known by their kind, also below others."""

import pytest

from ymir.watching.mounts import silent

MOUNTS = r"""
overlay / overlay rw,lowerdir=/var/lib/docker/a:/var/lib/docker/b,upperdir=/var/lib/docker/c 0 0
/dev/sda1 /home ext4 rw 0 0
server:/data /home/me/data nfs4 rw,vers=4.2 0 0
//server/share /mnt/my\040share cifs rw 0 0
host0 /work 9p rw,trans=virtio 0 0
sshfs /mnt/remote fuse.sshfs rw 0 0
overlay /mnt/layered overlay rw,lowerdir=/home/a,upperdir=/home/me/data/upper,workdir=/x 0 0
tmpfs /home/me/data/fast tmpfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/helmet", None),
        ("/home/me/data/helmet", "nfs4"),
        ("/home/me/database", None),
        ("/home/me/data/fast/helmet", None),
        ("/mnt/my share/helmet", "cifs"),
        ("/work", "9p"),
        ("/mnt/remote/x", "fuse.sshfs"),
        ("/mnt/layered/x", "overlay on nfs4"),
        ("/srv/helmet", None),
    ],
)
def test_the_deepest_mount_decides(folder: str, kind: str | None) -> None:
    assert silent(folder, MOUNTS) == kind


def test_layers_that_lie_on_themselves_end() -> None:
    assert silent("/x", "overlay / overlay rw,lowerdir=/a,upperdir=/b 0 0\n") is None
    assert silent("/x", "") is None
