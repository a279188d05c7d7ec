"""Predictions that were imported are looked at, and never taken for labels."""

from pathlib import Path

from tests.workspaces import Workspace, make


def as_predictions(workspace: Workspace, dataset: str) -> None:
    """Give every box of a dataset a score, and say so in its spec."""
    for file in (workspace.root / "raw" / dataset / "Annotations").glob("*.xml"):
        file.write_text(
            file.read_text().replace("</object>", "<confidence>0.5</confidence></object>")
        )
    spec = workspace.root / "specs" / "all.yaml"
    before = f"path: raw/{dataset}"
    spec.write_text(spec.read_text().replace(before, f"{before}, holds: predictions"))


def test_a_model_is_neither_trained_nor_judged_on_predictions(tmp_path: Path) -> None:
    for dataset in ("base", "test"):
        workspace = make(tmp_path / dataset, goal={"map": 0.1, "rounds": 1})
        as_predictions(workspace, dataset)
        said = workspace.ymir("apply")
        assert said.returncode == 1
        assert f"boxes of `{dataset}` have scores: they are predictions" in said.stdout
        assert f"{dataset}@v1" in said.stdout


def test_a_pool_of_predictions_is_no_label_tool(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", goal={"map": 0.999, "rounds": 2})
    as_predictions(workspace, "pool")
    said = workspace.ymir("apply")
    assert said.returncode == 1
    assert "the pool holds predictions, not labels" in said.stdout
