"""What one clone records, the others get."""

import pytest

from tests.dvc.real import run_git, write_files
from tests.publishing.clones import ORIGIN, Clone, edit_specs, report
from ymir.dvc import project
from ymir.errors import StoreError
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.publishing.publish import publish
from ymir.publishing.target import Target
from ymir.stores.dvc import DvcStore


def test_data_come_before_the_commits_that_name_them(first, second):
    assert second.text("helmet/r1/train") == "model 1"
    first.record("helmet/r1/judge", "scores")
    storage = first.root.parent / "storage"
    storage.rename(first.root.parent / "elsewhere")
    storage.write_text("no folder")
    with pytest.raises(StoreError):
        first.publish()
    assert second.git("ls-remote", "origin", "main").split()[0] == second.git("rev-parse", "HEAD")
    storage.unlink()
    (first.root.parent / "elsewhere").rename(storage)
    said = first.publish()
    assert (said.commits, said.rebased, said.objects) == (1, 0, 2)
    second.git("pull", "-q")
    assert second.text("helmet/r1/judge") == "scores"


def test_a_second_push_sends_nothing(first):
    said = first.publish()
    assert (said.objects, said.commits, said.tags, said.behind) == (0, 0, (), "")


def test_tags_of_rounds_go_along_and_other_tags_stay(first):
    for name in ("helmet/r1", "helmet/rc1", "v1", "mine/r0"):
        first.git("tag", name)
    assert first.publish().tags == ("helmet/r1",)
    assert "refs/tags/helmet/r1" in first.git("ls-remote", "origin")
    assert "v1" not in first.git("ls-remote", "origin")


def test_commits_of_people_go_along_as_git_push_would_send_them(first):
    (first.root / "specs" / "all.yaml").write_text("# edited\n")
    first.git("commit", "-qam", "Ask for more")
    first.record("helmet/r1/judge", "scores")
    said = first.publish()
    assert (said.commits, said.by_people) == (2, 1)


def test_upon_a_spec_that_others_edited_own_commits_are_made_again(first, second):
    edit_specs(second)
    first.record("helmet/r1/judge", "scores")
    first.git("tag", "helmet/r1")
    (first.root / "notes.md").write_text("mine")
    first.git("add", "notes.md")
    said = first.publish()
    assert (said.rebased, said.behind, said.tags) == (1, "", ("helmet/r1",))
    assert first.subjects()[:2] == ["helmet round 1: mAP 0.500", "Ask for more"]
    assert first.subjects("origin/main") == first.subjects()
    assert first.git("rev-parse", "helmet/r1") == first.git("rev-parse", "HEAD")
    assert (first.root / "specs" / "all.yaml").read_text() == "# edited\n"
    assert first.status() == "A  notes.md"
    assert "Ymir-Stage: judge" in first.git("log", "-1", "--format=%B")
    second.git("pull", "-q")
    assert second.text("helmet/r1/judge") == "scores"


def test_other_projects_and_their_figures_stand_beside_each_other(first, second):
    report(first, "helmet", 1)
    report(second, "vest", 1)
    first.publish()
    assert second.publish().rebased == 1
    listed = (second.root / "reports" / "dvc.yaml").read_text()
    assert "helmet/metrics.json" in listed
    assert "vest/metrics.json" in listed
    assert second.status() == ""


def test_on_the_way_the_work_tree_stays_and_the_remote_has_everything(first, second):
    edit_specs(second)
    for kind in ("judge", "mine", "label"):
        first.record(f"helmet/r1/{kind}", kind)
        assert first.publish(is_following=False).rebased == 1
    assert (first.root / "specs" / "all.yaml").read_text() == "# specs\n"
    again = first.publish()
    assert (again.commits, again.behind) == (0, "")
    assert first.subjects() == first.subjects("origin/main")
    assert len(first.subjects()) == len(set(first.subjects()))
    assert first.status() == ""


def test_what_people_edit_meanwhile_is_not_overwritten(first, second):
    edit_specs(second)
    (first.root / "specs" / "all.yaml").write_text("# my own\n")
    first.record("helmet/r1/judge", "scores")
    said = first.publish()
    assert "specs/all.yaml" in said.behind
    assert (first.root / "specs" / "all.yaml").read_text() == "# my own\n"
    second.git("pull", "-q")
    assert second.text("helmet/r1/judge") == "scores"
    first.git("checkout", "-q", "--", "specs")
    first.record("helmet/r1/mine", "picked")
    said = first.publish()
    assert (said.commits, said.behind) == (1, "")
    assert (first.root / "specs" / "all.yaml").read_text() == "# edited\n"
    assert (first.subjects(), first.status()) == (first.subjects("origin/main"), "")


def test_what_a_killed_run_had_recorded_goes_with_the_next(first, second):
    made = write_files(first.root / ".ymir" / "made", {"judge.txt": b"scores"})
    place = RoundOf("helmet", 1)
    stage = Stage(place.stage("judge"), "judge", round=place)
    DvcStore(first.root).record(stage, Recipe("judge", {}, {}), made, {})
    first.ledger.catch_up()
    assert first.publish().commits == 1
    second.git("pull", "-q")
    assert second.text("helmet/r1/judge") == "scores"


def test_work_trees_beside_each_other_meet_as_clones_do(first, tmp_path):
    first.git("worktree", "add", "-q", "--detach", str(tmp_path / "beside"))
    beside = Clone(tmp_path / "beside")
    (beside.root / ".ymir").mkdir()
    first.record("helmet/r1/judge", "scores")
    first.publish()
    beside.record("vest/r1/train", "another model")
    assert beside.publish().rebased == 1
    assert beside.text("helmet/r1/judge") == "scores"
    assert first.git("status", "--porcelain") == ""


def test_commits_that_are_made_again_are_signed_as_those_before(first, second):
    signer = first.root.parent / "sign"
    signer.write_text(
        "#!/bin/sh\ncat > /dev/null\necho >&2\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho\necho '-----END PGP SIGNATURE-----'\n"
    )
    signer.chmod(0o755)
    first.git("config", "commit.gpgsign", "true")
    first.git("config", "gpg.program", str(signer))
    edit_specs(second)
    first.record("helmet/r1/judge", "scores")
    assert "PGP SIGNATURE" in first.git("cat-file", "-p", "HEAD")
    assert first.publish().rebased == 1
    assert "PGP SIGNATURE" in first.git("cat-file", "-p", "HEAD")


def test_shallow_and_detached_as_ci_checks_out(first, second, tmp_path):
    origin = f"file://{tmp_path / 'origin.git'}"
    run_git(tmp_path, "clone", "-q", "--depth", "1", origin, "job")
    job = Clone(tmp_path / "job")
    (job.root / ".ymir").mkdir()
    job.git("checkout", "-q", "--detach")
    edit_specs(second)
    job.record("helmet/r1/judge", "scores")
    assert job.publish().rebased == 1
    assert job.git("branch", "--show-current") == ""
    second.git("pull", "-q")
    assert second.subjects()[:2] == ["helmet round 1: mAP 0.500", "Ask for more"]
    assert second.text("helmet/r1/judge") == "scores"


def test_another_branch_may_be_pushed_to_and_is_made_if_need_be(first):
    publish(first.root, Target("origin", "results"))
    assert "refs/heads/results" in first.git("ls-remote", "origin")


def test_data_of_versions_that_came_and_went_are_sent_too(first, second):
    """A round that was rolled back before anything was pushed can still be brought back."""
    first.record("helmet/r2/train", "model 2")
    pointer = first.root / "data" / "rounds" / "helmet" / "2.dvc"
    text = pointer.read_text()
    pointer.unlink()
    first.git("commit", "-qam", "Rolled back\n\nYmir-Stage: rollback")
    first.publish()
    second.git("pull", "-q")
    (second.root / "data" / "rounds" / "helmet" / "2.dvc").write_text(text)
    assert second.text("helmet/r2/train") == "model 2"


def test_a_workspace_inside_a_repository_beside_code_is_sent(first, tmp_path):
    run_git(tmp_path, "init", "-q", "--bare", "-b", "main", "big.git")
    run_git(tmp_path, "clone", "-q", str(tmp_path / "big.git"), "big")
    other = Clone(tmp_path / "big")
    (other.root / "code.py").write_text("1")
    other.git("add", ".")
    other.git("commit", "-qm", "Code")
    inside = Clone(tmp_path / "big" / "vision" / "ä b")
    inside.root.mkdir(parents=True)
    project.prepare(inside.root, str(tmp_path / "storage-2"))
    inside.ledger.catch_up()
    inside.record("base", "images")
    publish(inside.root, ORIGIN)
    run_git(tmp_path, "clone", "-q", str(tmp_path / "big.git"), "twin")
    twin = Clone(tmp_path / "twin")
    (twin.root / "code.py").write_text("2")
    twin.git("commit", "-qam", "More code")
    twin.git("push", "-q")
    inside.record("helmet/r1/train", "model")
    assert publish(inside.root, ORIGIN).rebased == 1
    assert (other.root / "code.py").read_text() == "2"
    assert other.status() == ""
