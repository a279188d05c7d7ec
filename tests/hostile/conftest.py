import pytest

from tests.hostile.importing import begin, copied
from tests.workspaces import Workspace


@pytest.fixture(scope="session")
def _begun(tmp_path_factory) -> Workspace:
    return begin(tmp_path_factory.mktemp("begun") / "ws")


@pytest.fixture
def workspace(_begun, tmp_path) -> Workspace:
    """A workspace that imports the VOC folder `raw/`, which is not there yet."""
    return copied(_begun, tmp_path / "ws")
