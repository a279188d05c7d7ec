"""A real Label Studio calls `ymir watch` when somebody answers, and is told when a batch is off."""

from pathlib import Path

import httpx

from tests.labelstudio.annotator import let_in, person, projects, tasks, voc_truth
from tests.labelstudio.server import Server, a_label_studio, free_port
from tests.watching.test_watch import watching
from tests.workspaces import Workspace, unproven

pytestmark = a_label_studio

SECRET = "a-secret-that-nobody-guesses"  # noqa: S105 - of this test
NAMES = {"cat": "cat", "dog": "dog", "hound": "dog", "Hound": "dog"}


def labelled_at(server: Server, root: Path, topk: int, **more: object) -> Workspace:
    """A workspace whose batches go to this server; other images, in all, make another batch."""
    settings = {"url": server.url, "token": {"file": ".ymir/token"}, **more}
    workspace = unproven(
        root / "pets",
        label={"use": "label-studio", "with": settings},
        goal={"map": 0.99, "rounds": 2},
        mine={"use": "entropy", "topk": topk},
    )
    (workspace.root / ".ymir").mkdir(exist_ok=True)
    (workspace.root / ".ymir" / "token").write_text(server.token)
    (workspace.root / ".ymir" / "secret").write_text(SECRET)
    return workspace


def the_project(client: httpx.Client, workspace: Workspace) -> dict:
    """The project of the workspace's only batch."""
    (row,) = workspace.data("labels", "ls", "--offline")
    (found,) = (each for each in projects(client) if row["key"] in each["description"])
    return found


def test_an_answer_wakes_the_watcher_long_before_it_would_look(
    label_studio: Server, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_port()}"
    webhook = {"url": f"http://{address}/label-studio", "secret": {"file": ".ymir/secret"}}
    workspace = labelled_at(label_studio, tmp_path, 4, webhook=webhook)
    words = ("--interval", "1d", "--listen", address, "--until-done")
    with watching(workspace, *words) as watch:
        watch.until_it_says("\npets-r1: label the 4 images at http")
        truth = voc_truth(workspace.root / "raw" / "pool", NAMES)
        with let_in(label_studio.url, label_studio.token) as client:
            project = the_project(client, workspace)
        assert person(label_studio, truth, project=project["id"]).works() == 4
        watch.until(lambda: watch.process.poll() is not None, 240)
        assert watch.process.returncode == 4, watch.said
    assert "Label Studio says that something changed" in watch.said
    assert SECRET not in watch.said
    assert label_studio.token not in watch.said
    (row,) = workspace.data("labels", "ls", "--offline")
    assert (row["state"], row["balance"]["outstanding"]) == ("back", 0)
    told = workspace.data("labels", "show", "pets-r1")
    (somebody,) = told["people"]
    assert (somebody["by"], somebody["answers"]) == (label_studio.user, 4)


def test_a_batch_that_is_called_off_leaves_nothing_to_do_and_goes_out_again(
    label_studio: Server, tmp_path: Path
) -> None:
    workspace = labelled_at(label_studio, tmp_path, 3)
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    with let_in(label_studio.url, label_studio.token) as client:
        project = the_project(client, workspace)
        assert len(tasks(client, project["id"])) == 3
        done = workspace.ymir("labels", "cancel", "pets-r1", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "picks images anew" in done.stdout
        assert tasks(client, project["id"]) == []
        assert workspace.ymir("apply").returncode == 3
        assert len(tasks(client, the_project(client, workspace)["id"])) == 3
    (row,) = workspace.data("labels", "ls")
    assert (row["state"], row["balance"]["outstanding"]) == ("open", 3)
