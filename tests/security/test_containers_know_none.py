"""Containers, and what the engine keeps of them, know no secret of the run that began them."""

import json
import signal
from pathlib import Path
from tempfile import TemporaryFile

from tests import forked
from tests.containers.base import DOCKER, api
from tests.containers.images import blocks
from tests.containers.workspaces import SLOW, make, wait_until_running
from tests.security.planted import SECRETS, found_in, leaks
from tests.workspaces import ENVIRONMENT

pytestmark = DOCKER


def test_the_engine_is_told_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRETS["file"])
    label = {"url": "http://127.0.0.1:9", "token": {"file": "../secret"}}
    workspace = make(tmp_path / "pets", blocks(), **SLOW, label={"use": "cvat", "with": label})
    environment = {
        **ENVIRONMENT,
        "GITHUB_TOKEN": SECRETS["CI token"],
        "AWS_SECRET_ACCESS_KEY": SECRETS["cloud key"],
        "HTTPS_PROXY": f"http://me:{SECRETS['proxy password']}@127.0.0.1:9",
    }
    with TemporaryFile() as said:
        run = forked.start(["apply"], workspace.root, environment, said.fileno(), said.fileno())
        try:
            inspected, history, environs = _known_of(wait_until_running(workspace))
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(60)
        said.seek(0)
        assert not found_in(said.read())
    assert "DEFAULT_ENV_FILE_PATH" in inspected
    for content in (inspected.encode(), history.encode(), environs):
        assert not found_in(content)
    assert not leaks(workspace.root, set())


def _known_of(running: str) -> tuple[str, str, bytes]:
    """What the engine says of a container and of its image; the environments of its processes."""
    container = api().containers.get(running)
    image = api().images.get(container.attrs["Image"])
    processes = [Path("/proc", row[1]) for row in container.top(ps_args="-ef")["Processes"]]
    environs = b"".join((each / "environ").read_bytes() for each in processes)
    return json.dumps(container.attrs), json.dumps([image.attrs, image.history()]), environs
