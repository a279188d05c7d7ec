"""Clones that meet: they go along, agree, or keep both."""

import pytest

from tests.publishing.clones import ORIGIN, edit_specs
from ymir.dvc import remote
from ymir.errors import StaleError, StoreError
from ymir.publishing.publish import KeptError, begin


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


def test_commits_of_people_are_never_made_again(first, second):
    edit_specs(second)
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


def test_before_a_run_begins_it_goes_along_with_what_others_recorded(first, second):
    first.record("helmet/r1/judge", "scores")
    first.publish()
    begin(second.root, ORIGIN)
    assert second.subjects() == first.subjects()
    assert second.status() == ""
    remote.pull(second.root)
    assert second.text("helmet/r1/judge") == "scores"


def test_a_run_does_not_start_from_what_others_have_left_behind(first, second):
    edit_specs(first)
    first.record("helmet/r1/judge", "scores")
    first.publish()
    with pytest.raises(StaleError, match="`Ask for more` of people") as caught:
        begin(second.root, ORIGIN)
    assert "git pull --rebase origin main" in str(caught.value.hint)
    assert len(second.subjects()) < len(first.subjects())


def test_edits_of_specs_alone_do_not_hinder_a_run(first, second):
    edit_specs(first)
    before = second.subjects()
    begin(second.root, ORIGIN)
    assert second.subjects() == before
