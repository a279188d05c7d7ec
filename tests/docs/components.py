"""What pages may need from the machine, by the words that stand at their top."""

from collections.abc import Mapping
from importlib.util import find_spec

import pytest

from tests.browsing import a_browser
from tests.components import S3, needs
from tests.containers.base import DOCKER
from tests.containers.podman import PODMAN
from tests.docs.pages import Page
from tests.labelstudio.server import a_label_studio
from tests.slurm.cluster import SLURM
from ymir.jobs.environment import folder_of, home_of, is_made


def _detector(name: str) -> pytest.MarkDecorator:
    is_there = is_made(home_of(name), folder_of(name) / "requirements.txt")
    return needs(name, is_there, f"run `ymir executor setup {name}`")


COMPONENTS: Mapping[str, pytest.MarkDecorator] = {
    "browser": a_browser,
    "docker": DOCKER,
    "jsonschema": needs(
        "jsonschema", find_spec("jsonschema") is not None, "pip install jsonschema"
    ),
    "labelstudio": a_label_studio,
    "podman": PODMAN,
    "rtdetr": _detector("rtdetr"),
    "s3": S3,
    "slurm": SLURM,
    "tinydet": _detector("tinydet"),
}


def marks(page: Page) -> list[pytest.MarkDecorator]:
    """Why its test skips here, if it does."""
    return [COMPONENTS[name] for name in page.needs]
