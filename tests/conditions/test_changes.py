"""What is news: what differs from what was told, or else from what was known before the run."""

from dataclasses import replace

import pytest

from ymir.conditions.changes import Change, changes, title
from ymir.conditions.dated import Dated, Generation
from ymir.plan.conditions import Condition
from ymir.spec.notify import NotifySpec
from ymir.vault import remember

GENERATION = Generation("0123456789ab", None, None)
OUT = Condition("project", "p", "WaitingForLabels", "True", "BatchOut", "label 10 images", "p-r1")
IN = replace(OUT, status="False", reason="NothingOwed", about="")


def asked(**more: object) -> NotifySpec:
    return NotifySpec.model_validate({"use": "command", **more})


def news(
    now: Condition,
    told: Condition | None = None,
    before: Condition | None = None,
    *,
    remembers: bool = True,
    **more: object,
) -> list[Change]:
    """What is told of one condition."""
    memory = {told.key: told.state} if told else {}
    known = {before.key: before.state} if before else {}
    found = [Dated(now, 1795428000.0, GENERATION)]
    return list(changes(asked(**more), found, memory if remembers else None, known))


def test_what_differs_from_what_was_told_is_news() -> None:
    assert [each.before for each in news(OUT, told=IN)] == [IN.state]
    assert news(IN, told=OUT)
    assert news(replace(OUT, about="p-r2"), told=OUT)
    assert news(replace(OUT, reason="BatchLate"), told=OUT)
    assert not news(replace(OUT, message="label 3 images"), told=OUT)


def test_what_was_told_counts_before_what_was_known_before_the_run() -> None:
    assert not news(OUT, told=OUT, before=IN)
    assert news(OUT, told=IN, before=OUT)


def test_without_a_memory_only_what_the_run_changed_is_news() -> None:
    assert news(OUT, before=IN, remembers=False)
    assert not news(OUT, before=OUT, remembers=False)
    assert not news(OUT, remembers=False)


def test_of_what_is_new_only_what_calls_for_somebody_is_news() -> None:
    assert news(OUT)
    assert not news(IN)
    synced = replace(IN, type="Synced", reason="UpToDate", status="True")
    assert not news(synced, when=["Synced"])


def test_what_is_not_known_is_no_news() -> None:
    judged = replace(IN, type="GoalReached", status="True", reason="GoalMet")
    assert not news(replace(judged, status="Unknown", reason="NotJudged"), told=judged)


def test_only_what_was_asked_for_is_told() -> None:
    assert not news(OUT, told=IN, when=["Stalled"])
    assert not news(OUT, told=IN, projects=["other"])
    assert news(OUT, told=IN, projects=["other", "p"])
    assert not news(replace(OUT, kind="workspace"), told=replace(IN, kind="workspace"))
    stalled = Condition("dataset", "p", "Stalled", "True", "JobFailed", "no disk", "p")
    assert news(stalled)
    assert not news(stalled, projects=["p"])


def test_one_change_has_one_name_and_another_has_another() -> None:
    def named(condition: Condition, since: float = 1795428000.0) -> str:
        return Change(Dated(condition, since, GENERATION), IN.state).notice("here").id

    assert named(OUT) == named(replace(OUT, message="other words"))
    others = [named(OUT), named(IN), named(OUT, 1.0), named(replace(OUT, about="p-r2"))]
    assert len(set(others)) == len(others)


def test_a_notice_repeats_no_secret_and_is_not_endless() -> None:
    remember("hush-hush-token")
    loud = replace(OUT, message=f"the server refused hush-hush-token {'x' * 9000}")
    notice = Change(Dated(loud, 1795428000.0, GENERATION), None).notice("here")
    assert notice.message.startswith("the server refused *** xxx")
    assert len(notice.message) == 4000
    assert notice.data()["before"] is None


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (OUT, "p waits for labels"),
        (IN, "p waits for no labels any more"),
        (replace(IN, reason="AnswersChanged"), "answers for p have changed"),
        (replace(OUT, type="GoalReached"), "p has reached its goal"),
        (replace(OUT, type="Stalled"), "p is stalled"),
        (replace(OUT, type="Synced", status="Unknown"), "p: Synced is Unknown"),
    ],
)
def test_a_title_is_a_sentence(condition: Condition, says: str) -> None:
    assert title(condition) == says
