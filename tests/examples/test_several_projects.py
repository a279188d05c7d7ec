"""The example of several projects as its README tells it."""

from pathlib import Path

from tests.examples.readme import does_nothing, follow
from tests.workspaces import Workspace


def test_a_warm_start_saves_labels_and_a_second_run_does_nothing(tmp_path: Path) -> None:
    done = follow("several-projects", tmp_path)
    said = {each.line.split(" ")[1]: each.said for each in done}  # of the last one of each command
    assert "the difference is real" in said["compare"]
    assert "nothing to do" in said["plan"]
    workspace = Workspace(tmp_path / "lamps")
    assert (workspace.root / "reports" / "index.html").exists()
    rounds = workspace.data("status")["rounds"]
    images = {name: [each["training_images"] for each in of] for name, of in rounds.items()}
    assert images == {"road": [60], "rail": [20, 40], "rail-warm": [20]}
    assert set(workspace.data("dataset", "show", "rail")["per_class"]) == {"stop", "warn", "go"}
    does_nothing(workspace)
