"""`--policy-from`: `Workspace` as a commit has it."""

import shutil

import pytest

from tests import forked
from tests.workspaces import ENVIRONMENT, Workspace

LABELS = "{apiVersion: ymir/v1, kind: Labels, classes: [cat]}\n"
KEPT = "{apiVersion: ymir/v1, kind: Workspace, paths: [raw], commit: false}\n"
LOOSE = "{apiVersion: ymir/v1, kind: Workspace, paths: [.]}\n"
FREE = "{apiVersion: ymir/v1, kind: Dataset, name: free, from: {format: voc, path: other}}\n"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """Specs in git: `main` keeps data to `raw`; the branch checked out lets them lie anywhere."""
    made = Workspace(tmp_path / "repository" / "loops" / "helmet")
    (made.root / "specs").mkdir(parents=True)
    made.run("git", "init", "--quiet", "-b", "main", "../..")
    write(made, labels=LABELS, workspace=KEPT)
    made.run("git", "commit", "--quiet", "-m", "Rules")
    made.run("git", "checkout", "--quiet", "-b", "theirs")
    write(made, workspace=LOOSE, free=FREE)
    made.run("git", "commit", "--quiet", "-m", "Please merge")
    return made


def write(made, /, **files):
    for name, text in files.items():
        (made.root / "specs" / f"{name}.yaml").write_text(text)
    made.run("git", "add", "specs")


def test_the_rules_of_the_named_commit_hold(workspace):
    assert workspace.ymir("validate").returncode == 0
    done = workspace.ymir("validate", "--policy-from", "main")
    assert done.returncode == 1
    column = FREE.index("other") + 1
    assert f"specs/free.yaml:1:{column}: from.path: `other` is outside the folders" in done.stderr
    note = "note: specs/workspace.yaml:1:29: this `Workspace` is not followed; that of `main` is"
    assert note in done.stderr


def test_the_environment_names_it_for_every_command(workspace):
    for words in (["validate"], ["plan"], ["apply"], ["status"], ["labels", "ls"]):
        environment = {**ENVIRONMENT, "YMIR_POLICY_FROM": "main"}
        done = forked.run(words, workspace.root, environment)
        assert (words, done.returncode) == (words, 1)
        assert "`other` is outside the folders" in done.stderr


def test_nothing_is_said_where_the_rules_are_the_same(workspace):
    write(workspace, workspace=KEPT.replace("}", " }  # the same"))
    (workspace.root / "specs" / "free.yaml").unlink()
    done = workspace.ymir("validate", "--policy-from", "main")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_wrong_with_their_rules_is_said_too(workspace):
    write(workspace, workspace=LOOSE.replace("paths", "pahts"))
    done = workspace.ymir("validate", "--policy-from", "main")
    assert "specs/workspace.yaml:1:40: pahts: is not known here" in done.stderr


def test_rules_that_are_taken_away_hold_still(workspace):
    (workspace.root / "specs" / "workspace.yaml").unlink()
    assert workspace.ymir("validate").returncode == 0
    done = workspace.ymir("validate", "--policy-from", "main")
    assert "`other` is outside the folders" in done.stderr


def test_a_commit_without_rules_has_those_that_hold_by_themselves(workspace):
    workspace.run("git", "checkout", "--quiet", "--orphan", "bare")
    workspace.run("git", "rm", "--quiet", "-r", "--cached", ".")
    workspace.run("git", "commit", "--quiet", "--allow-empty", "-m", "Nothing yet")
    workspace.run("git", "add", "specs")
    write(workspace, workspace=LOOSE.replace("[.]", "[.., /]"), free=FREE.replace("other", "/etc"))
    assert workspace.ymir("validate").returncode == 0
    done = workspace.ymir("validate", "--policy-from", "bare")
    assert "`/etc` is outside the folders" in done.stderr


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"workspace": LOOSE.replace("paths", "pahts")}, "broken:specs/workspace.yaml:1:40: pahts"),
        ({"labels": "a: [\n"}, "broken:specs/labels.yaml:2:1: not valid YAML"),
        ({"second": LOOSE}, "`broken` has more than one `Workspace`"),
    ],
)
def test_rules_that_cannot_be_read_are_no_rules(workspace, files, said):
    workspace.run("git", "checkout", "--quiet", "-b", "broken", "main")
    write(workspace, **files)
    workspace.run("git", "commit", "--quiet", "-m", "Oh")
    workspace.run("git", "checkout", "--quiet", "theirs")
    done = workspace.ymir("validate", "--policy-from", "broken")
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize("ref", ["origin/main", "0" * 40, "v1..v2"])
def test_a_commit_that_is_not_here_is_an_error_that_says_how_to_get_it(workspace, ref):
    done = workspace.ymir("plan", "--policy-from", ref)
    assert done.returncode == 1
    assert f"this clone has no commit `{ref}`" in done.stderr
    assert "git fetch --depth=1 origin main:refs/remotes/origin/main" in done.stderr


@pytest.mark.parametrize("ref", ["--output=x", "main:specs", "ma\nin"])
def test_what_is_no_commit_s_name_is_not_given_to_git(workspace, ref):
    done = workspace.ymir("validate", f"--policy-from={ref}")
    assert done.returncode == 1
    assert "is no commit" in done.stderr


def test_a_shallow_clone_has_only_what_was_fetched(workspace, tmp_path):
    origin = f"file://{tmp_path / 'repository'}"
    workspace.run(
        "git", "clone", "--quiet", "--depth=1", "-b", "theirs", origin, str(tmp_path / "c")
    )
    clone = Workspace(tmp_path / "c" / "loops" / "helmet")
    assert "has no commit" in clone.ymir("validate", "--policy-from", "origin/main").stderr
    fetch = ("git", "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
    clone.run(*fetch)
    said = clone.ymir("validate", "--policy-from", "origin/main").stderr
    assert "`other` is outside the folders" in said


def test_the_merge_of_a_pull_request_has_its_base_beside_it(workspace, tmp_path):
    """As CI checks it out: the merge, and one commit before it."""
    workspace.run("git", "checkout", "--quiet", "main")
    workspace.run("git", "merge", "--quiet", "--no-ff", "-m", "Merge", "theirs")
    origin = f"file://{tmp_path / 'repository'}"
    workspace.run("git", "clone", "--quiet", "--depth=2", origin, str(tmp_path / "c"))
    clone = Workspace(tmp_path / "c" / "loops" / "helmet")
    clone.run("git", "checkout", "--quiet", "--detach")
    said = clone.ymir("validate", "--policy-from", "HEAD^1").stderr
    assert "`other` is outside the folders" in said
    assert clone.ymir("validate", "--policy-from", "HEAD^2").returncode == 0


def test_outside_of_git_there_is_no_policy(workspace, tmp_path):
    shutil.copytree(workspace.root / "specs", tmp_path / "plain" / "specs")
    done = Workspace(tmp_path / "plain").ymir("validate", "--policy-from", "main")
    assert done.returncode == 1
    assert "no commit `main`" in done.stderr
