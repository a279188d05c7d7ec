"""A real Slurm for tests: the one that `examples/projects/cluster` brings, up in a second.

pytestmark = SLURM                    # skips, with its reason, where there is no Slurm
def test_…(slurm: Cluster): …         # of this session; SLURM_CONF names it for the module
with cluster(lost_after=3) as lab: …  # one of its own, whose nodes may die
"""

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.components import needs

EXAMPLE = Path(__file__).parents[2] / "examples" / "projects" / "cluster"
SPEC = importlib.util.spec_from_file_location("example_cluster", EXAMPLE / "cluster.py")
assert SPEC is not None
assert SPEC.loader is not None
MODULE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODULE)

Cluster = MODULE.Cluster
SLURM = needs("slurm", MODULE.lacks() is None, "apt-get install slurm-wlm munge")
NETWORKS = needs("netns", MODULE.lacks_networks() is None, "run as root, with `ip` and `nsenter`")


@contextmanager
def cluster(nodes: int = 3, *, networks: bool = False, lost_after: int = 60) -> Iterator[Cluster]:
    """One more cluster, which SLURM_CONF names; nothing of it is left in the end."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-slurm-"))  # its socket needs a short path
    made = Cluster(folder)
    try:
        with pytest.MonkeyPatch.context() as patched:
            for name in [name for name in os.environ if name.startswith(("SLURM_", "SBATCH_"))]:
                patched.delenv(name)
            patched.setenv("SLURM_CONF", str(made.config))
            made.up(nodes, networks=networks, lost_after=lost_after)
            yield made
    finally:
        made.down()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _shared_slurm() -> Iterator[Cluster]:
    with cluster() as made:
        os.environ.pop("SLURM_CONF")  # the modules that want it ask for `slurm`
        yield made


@pytest.fixture(scope="module")
def slurm(_shared_slurm: Cluster) -> Iterator[Cluster]:
    """A cluster of three nodes with two GPUs each, all of them healthy; leave it so."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SLURM_CONF", str(_shared_slurm.config))
        yield _shared_slurm
