"""A model that became worse stops the loop before anybody labels for it, if that is asked for."""

from pathlib import Path

from tests.loop.test_people import annotate
from tests.loop.test_relabel import ask, pick, raw
from tests.workspaces import make


def test_a_regression_holds_the_next_batch_until_the_gate_is_opened(tmp_path: Path) -> None:
    goal, mine = {"map": 0.99, "rounds": 3}, {"use": "random", "topk": 1}
    workspace = make(tmp_path / "pets", label={"use": "folder"}, goal=goal, mine=mine)
    pick(workspace, *(raw(workspace, "base", number) for number in range(6)))
    ask(workspace, "gates: {regression: block}\n")
    assert workspace.ymir("apply").returncode == 3
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
    for answer in (batch / "annotations").iterdir():  # somebody took cats for dogs
        text = answer.read_text().replace(">cat<", ">?<").replace(">Hound<", ">cat<")
        answer.write_text(text.replace(">?<", ">dog<"))

    held = workspace.ymir("apply")
    assert held.returncode == 4, held.stdout + held.stderr
    assert "! pets/r2/mine  (the AP of " in held.stdout
    assert "fell by more than noise since round 1" in held.stdout
    assert workspace.ymir("apply").returncode == 4, "it stays so"
    assert not (workspace.root / "labels" / "pets-r2").exists()

    ask(workspace, "gates: {regression: warn}\n")
    assert "gates.regression: block → warn  (pointer: " in workspace.ymir("plan").stdout
    assert workspace.ymir("apply").returncode == 3
    assert (workspace.root / "labels" / "pets-r2").exists()
