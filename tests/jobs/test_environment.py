import subprocess
from pathlib import Path

import pytest

from ymir.errors import PluginError
from ymir.jobs.environment import folder_of, home_of, is_made, make, python_of


def requirements(folder: Path, text: str) -> Path:
    file = folder / "requirements.txt"
    file.write_text(text)
    return file


def test_an_environment_is_made_once_and_again_when_its_requirements_change(
    tmp_path: Path,
) -> None:
    home, needed = tmp_path / "home", requirements(tmp_path, "# nothing\n")
    assert not is_made(home, needed)
    make(home, needed)
    assert is_made(home, needed)
    assert subprocess.run([home / "bin" / "python", "-c", ""], check=False).returncode == 0
    before = (home / "pyvenv.cfg").stat().st_mtime_ns
    make(home, needed)
    assert (home / "pyvenv.cfg").stat().st_mtime_ns == before

    assert not is_made(home, requirements(tmp_path, "./not-here\n"))
    with pytest.raises(PluginError, match=r"this failed: .* -m pip install"):
        make(home, needed)
    assert not is_made(home, needed)


def test_an_executor_that_is_not_set_up_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = home_of("tinydet")
    if is_made(home, folder_of("tinydet") / "requirements.txt"):
        assert python_of("tinydet") == home / "bin" / "python"
    else:
        with pytest.raises(PluginError, match="`tinydet` is not set up") as caught:
            python_of("tinydet")
        assert caught.value.hint == "run `ymir executor setup tinydet`"


def test_an_executor_that_does_not_ship_is_an_error() -> None:
    with pytest.raises(PluginError, match="no executor called `yolo`"):
        folder_of("yolo")
