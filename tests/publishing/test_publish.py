"""Two clones and their remotes: a bare repository of git, a folder of DVC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dvc.real import new_workspace, run_git, write_files
from ymir.cli.ledger import GitLedger
from ymir.dvc import project, remote
from ymir.errors import StaleError, StoreError
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.publishing.publish import KeptError, Published, begin, publish
from ymir.publishing.target import Target
from ymir.stores.dvc import DvcStore

ORIGIN = Target("origin", "main")


@dataclass(frozen=True)
class Clone:
    """A work tree with its store; what is recorded in it is committed."""

    root: Path

    def git(self, *words: str) -> str:
        """Another git command, by a person."""
        return run_git(self.root, *words).strip()

    def record(self, name: str, text: str, facts: Mapping[str, int] | None = None) -> None:
        """Make a stage of a round, as `helmet/r1/train`, or a dataset."""
        place = RoundOf.of(name)
        kind = name.split("/")[-1] if "/" in name else "dataset"
        stage = Stage(name, kind, round=place)
        made = write_files(self.root / ".ymir" / "made" / name, {f"{kind}.txt": text.encode()})
        counted = {"images": 1, "map": 0.5, "picked": 1, "labelled": 3, **(facts or {})}
        version = DvcStore(self.root).record(stage, Recipe(kind, {}, {}), made, counted)
        self.ledger.recorded(stage, version)

    @property
    def ledger(self) -> GitLedger:
        """Where it is committed."""
        return GitLedger(self.root, is_committing=True)

    def publish(self, *, is_following: bool = True) -> Published:
        """Send it all."""
        return publish(self.root, ORIGIN, is_following=is_following)

    def subjects(self, ref: str = "HEAD") -> list[str]:
        """Of the commits, newest first."""
        return self.git("log", "--format=%s", ref).splitlines()

    def text(self, stage: str) -> str:
        """What a recorded stage holds, from wherever it must be fetched."""
        kind = stage.split("/")[-1] if "/" in stage else "dataset"
        return (DvcStore(self.root).open(stage) / f"{kind}.txt").read_text()

    def status(self) -> str:
        """What is not committed."""
        return self.git("status", "--porcelain")


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
    _edit_specs(second)
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
    _report(first, "helmet", 1)
    _report(second, "vest", 1)
    first.publish()
    assert second.publish().rebased == 1
    listed = (second.root / "reports" / "dvc.yaml").read_text()
    assert "helmet/metrics.json" in listed
    assert "vest/metrics.json" in listed
    assert second.status() == ""


def test_on_the_way_the_work_tree_stays_and_the_remote_has_everything(first, second):
    _edit_specs(second)
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
    _edit_specs(second)
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


def test_what_both_recorded_alike_is_one(first, second):
    for each, seconds in ((first, 5), (second, 7)):
        each.record("helmet/r1/judge", "scores", {"seconds": seconds})
    second.record("helmet/r1/mine", "picked")
    first.publish()
    assert second.publish().rebased == 1
    assert second.text("helmet/r1/mine") == "picked"
    assert second.subjects()[:2] == ["helmet round 1: 1 images mined", "helmet round 1: mAP 0.500"]


def test_where_both_recorded_something_else_both_are_kept(first, second):
    for each, text in ((first, "by Ann"), (second, "by Ben")):
        each.record("helmet/r1/label", text)
    first.publish()
    before = second.git("rev-parse", "HEAD")
    for _ in range(2):
        with pytest.raises(KeptError, match=r"data/rounds/helmet/1\.dvc") as caught:
            second.publish()
    kept = f"ymir/kept/main-{before[:10]}"
    assert kept in str(caught.value)
    assert "git reset --keep origin/main" in str(caught.value.hint)
    assert f"refs/heads/{kept}" in first.git("ls-remote", "origin")
    assert second.git("rev-parse", "HEAD", kept).split() == [before, before]
    assert (second.text("helmet/r1/label"), second.status()) == ("by Ben", "")
    first.git("fetch", "-q", "origin")
    first.git("checkout", "-q", f"origin/{kept}")
    assert first.text("helmet/r1/label") == "by Ben"
    second.git("fetch", "-q", "origin")
    second.git("reset", "-q", "--keep", "origin/main")
    assert second.text("helmet/r1/label") == "by Ann"


def test_a_round_set_aside_here_and_gone_on_with_there_is_kept_twice(first, second):
    pointer = first.root / "data" / "rounds" / "helmet" / "1.dvc"
    pointer.unlink()
    first.git("commit", "-qam", "Rolled back\n\nYmir-Stage: rollback")
    second.record("helmet/r1/label", "by Ben")
    second.publish()
    with pytest.raises(KeptError, match=r"data/rounds/helmet/1\.dvc"):
        first.publish()


def test_of_two_lineages_the_one_that_came_first_stays(first, second):
    for each, lineage in ((first, "one\n"), (second, "two\n")):
        (each.root / "data" / "lineage").write_text(lineage)
        each.ledger.catch_up()
        each.record(f"{lineage.strip()}/r1/train", "model")
    first.publish()
    assert second.publish().rebased == 1
    assert (second.root / "data" / "lineage").read_text() == "one\n"
    assert second.status() == ""


def test_commits_that_are_made_again_are_signed_as_those_before(first, second):
    signer = first.root.parent / "sign"
    signer.write_text(
        "#!/bin/sh\ncat > /dev/null\necho >&2\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho\necho '-----END PGP SIGNATURE-----'\n"
    )
    signer.chmod(0o755)
    first.git("config", "commit.gpgsign", "true")
    first.git("config", "gpg.program", str(signer))
    _edit_specs(second)
    first.record("helmet/r1/judge", "scores")
    assert "PGP SIGNATURE" in first.git("cat-file", "-p", "HEAD")
    assert first.publish().rebased == 1
    assert "PGP SIGNATURE" in first.git("cat-file", "-p", "HEAD")


def test_commits_of_people_are_never_made_again(first, second):
    _edit_specs(second)
    (first.root / "notes.md").write_text("mine")
    first.git("add", "notes.md")
    first.git("commit", "-qm", "My notes")
    first.record("helmet/r1/label", "by Ann")
    before = first.subjects()
    with pytest.raises(KeptError, match="`My notes` of people") as caught:
        first.publish()
    assert "git pull --rebase origin main" in str(caught.value)
    assert first.subjects() == before
    assert "refs/heads/ymir/kept/" in first.git("ls-remote", "origin")


def test_a_branch_that_is_protected_keeps_what_it_refuses(first):
    hook = first.root.parent / "origin.git" / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/main) echo protected; exit 1;; esac\n')
    hook.chmod(0o755)
    first.record("helmet/r1/label", "by Ann")
    with pytest.raises(KeptError, match="hook declined"):
        first.publish()
    assert "refs/heads/ymir/kept/main-" in first.git("ls-remote", "origin")


def test_a_remote_that_does_not_answer_leaves_everything_here(first):
    first.record("helmet/r1/label", "by Ann")
    origin = first.root.parent / "origin.git"
    origin.rename(first.root.parent / "away.git")
    with pytest.raises(StoreError, match="cannot be used") as caught:
        first.publish()
    assert "all is kept here" in str(caught.value.hint)
    (first.root.parent / "away.git").rename(origin)
    assert first.publish().commits == 1


def test_somebody_who_pushes_in_between_is_met_again(first, second):
    """Twice, another clone pushes while this one is about to."""
    first.record("helmet/r1/judge", "scores")
    hook = first.root / ".git" / "hooks" / "pre-push"
    hook.write_text(f"""#!/bin/sh
count=$(cat .git/count 2>/dev/null || echo 0)
[ $count -ge 2 ] && exit 0
echo $((count + 1)) > .git/count
cd {second.root} || exit 1
unset GIT_DIR
git commit -q --allow-empty -m "In between" && git push -q origin HEAD:main
""")
    hook.chmod(0o755)
    assert first.publish().rebased == 1
    assert first.subjects()[1:3] == ["In between"] * 2


def test_shallow_and_detached_as_ci_checks_out(first, second, tmp_path):
    origin = f"file://{tmp_path / 'origin.git'}"
    run_git(tmp_path, "clone", "-q", "--depth", "1", origin, "job")
    job = Clone(tmp_path / "job")
    (job.root / ".ymir").mkdir()
    job.git("checkout", "-q", "--detach")
    _edit_specs(second)
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


def test_before_a_run_begins_it_goes_along_with_what_others_recorded(first, second):
    first.record("helmet/r1/judge", "scores")
    first.publish()
    begin(second.root, ORIGIN)
    assert second.subjects() == first.subjects()
    assert second.status() == ""
    remote.pull(second.root)
    assert second.text("helmet/r1/judge") == "scores"


def test_a_run_does_not_start_from_what_others_have_left_behind(first, second):
    _edit_specs(first)
    first.record("helmet/r1/judge", "scores")
    first.publish()
    with pytest.raises(StaleError, match="`Ask for more` of people") as caught:
        begin(second.root, ORIGIN)
    assert "git pull --rebase origin main" in str(caught.value.hint)
    assert len(second.subjects()) < len(first.subjects())


def test_edits_of_specs_alone_do_not_hinder_a_run(first, second):
    _edit_specs(first)
    before = second.subjects()
    begin(second.root, ORIGIN)
    assert second.subjects() == before


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


def _edit_specs(clone: Clone, text: str = "# edited\n") -> None:
    """A person edits, and pushes."""
    (clone.root / "specs" / "all.yaml").write_text(text)
    clone.git("commit", "-qam", "Ask for more")
    clone.git("push", "-q", "origin", "HEAD:main")


def _report(clone: Clone, name: str, number: int) -> None:
    stage = Stage(f"{name}/report", "report")
    files = {"index.html": b"page", "metrics.json": f'{{"round": {number}}}'.encode()}
    made = write_files(clone.root / ".ymir" / "made" / name, files)
    facts = {"round": number, "says": "go on"}
    version = DvcStore(clone.root).record(stage, Recipe("report", {}, {}), made, facts)
    clone.ledger.recorded(stage, version)
