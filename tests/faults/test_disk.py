"""A disk that is full, read-only or broken from any moment on: one line, and all goes on after."""

from pathlib import Path

import pytest

from tests.faults.short import DONE, Calm, calm_in

SAID = {
    "no-space": "No space left on device",
    "read-only": "Read-only file system",
    "broken": "Input/output error",
}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    return calm_in(tmp_path_factory.mktemp("disk"))


@pytest.mark.parametrize("fault", SAID)
def test_from_whichever_moment_it_fails_one_line_says_so_and_the_next_run_ends_the_same(
    calm: Calm, tmp_path: Path, fault: str
) -> None:
    for moment in calm.moments(97 * (1 + list(SAID).index(fault))):
        workspace, failed = calm.disturbed(tmp_path / "pets", moment, fault)
        said = failed.stdout + failed.stderr
        if failed.returncode != DONE:  # the last effects are notes that runs can do without
            assert failed.returncode == 1, (moment, said)
            assert SAID[fault] in said, (moment, said)
        assert "Traceback" not in said, (moment, said)
        calm.assert_goes_on(workspace, moment)
