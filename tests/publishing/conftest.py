import pytest

from tests.dvc.real import new_workspace, run_git
from tests.publishing.clones import Clone


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, tmp_path_factory):
    config = tmp_path_factory.mktemp("home") / "gitconfig"
    config.write_text(
        "[user]\n  name = Ann\n  email = ann@example.com\n[init]\n  defaultBranch = main\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))


@pytest.fixture
def first(tmp_path) -> Clone:
    """A clone whose dataset and first round are pushed."""
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    clone = Clone(new_workspace(tmp_path / "first", str(tmp_path / "storage")))
    (clone.root / "specs").mkdir()
    (clone.root / "specs" / "all.yaml").write_text("# specs\n")
    clone.git("add", ".")
    clone.git("commit", "-qm", "Specs")
    clone.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    clone.record("base", "images")
    clone.record("helmet/r1/train", "model 1")
    clone.publish()
    return clone


@pytest.fixture
def second(first, tmp_path) -> Clone:
    """Another clone of it."""
    run_git(tmp_path, "clone", "-q", "origin.git", "second")
    (tmp_path / "second" / ".ymir").mkdir()
    return Clone(tmp_path / "second")
