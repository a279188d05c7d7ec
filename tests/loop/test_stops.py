"""Why a project stops stands in its status, its report and the commit, whatever the reason."""

from pathlib import Path

import pytest

from tests.workspaces import unproven

SLOW_LEARNER = {"use": "random", "topk": 1}  # one image a round teaches next to nothing


@pytest.mark.parametrize(
    ("goal", "mine", "reason", "words"),
    [
        (
            {"labels": 3, "rounds": 9},
            {"use": "entropy", "topk": 2},
            "label budget",
            "the budget of 3 labels is spent",
        ),
        (
            {"plateau": {"rounds": 1, "gain": 0.9}, "rounds": 9},
            SLOW_LEARNER,
            "plateau",
            "1 round in a row gained less than 0.9 mAP",
        ),
        (
            {"rounds": 9},
            {"use": "random", "topk": 40},
            "pool empty",
            "no image is left to mine",
        ),
        (
            {"per_class": {"cat": 1.0}, "rounds": 1},
            SLOW_LEARNER,
            "rounds",
            " < 1.000; the limit of 1 round is reached",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_reason_stands_everywhere(
    tmp_path: Path, goal: dict, mine: dict, reason: str, words: str
) -> None:
    strict = {"map": 1.0, "map_50_95": 1.0, "counts": "lower_bound"}
    workspace = unproven(tmp_path / "pets", goal={**strict, **goal}, mine=mine)
    if reason == "pool empty":  # what no picture of the pool teaches is never learnt
        for path in (workspace.root / "raw" / "pool").glob("*/pool-*"):
            if int(path.stem[-3:]) >= 4:
                path.unlink()
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    project = workspace.data("status")["projects"][0]
    assert project["decision"] == reason
    assert words in project["says"]
    assert all(f"{name} 0." in project["says"] for name in goal.get("per_class", {}))
    assert words in workspace.data("log")[0]["subject"]
    page = (workspace.root / "reports" / "pets" / "html" / "index.html").read_text()
    assert words in page.replace("&lt;", "<")
