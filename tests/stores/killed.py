"""Record again and again, killed at one file operation later each time; run as a program."""

import os
import signal
import sys
from itertools import count
from pathlib import Path

from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.stores.dvc import DvcStore

WATCHED = ("open", "os.mkdir", "os.link", "os.rename", "os.remove", "os.chmod", "os.rmdir")
ROUND = RoundOf("helmet", 1)


def main() -> None:
    """For each step of one `record`: a child that dies there; print how many steps there are."""
    workspace, made, check = map(Path, sys.argv[1:])
    for step in count(1):
        store = DvcStore(workspace / str(step))
        for name in ("old", "new"):
            (made / str(step) / name).mkdir(parents=True)
            (made / str(step) / name / "model.onnx").write_bytes(name.encode())
            (made / str(step) / name / f"{name}.txt").write_bytes(name.encode())
        _record(store, "train", made / str(step) / "old")
        child = os.fork()
        if child == 0:
            _die_at(step, workspace / str(step))
            _record(store, "train", made / str(step) / "new")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            check.write_text(str(step))
            return


def _record(store: DvcStore, kind: str, made: Path) -> None:
    store.record(Stage(ROUND.stage(kind), kind, round=ROUND), Recipe(kind, {}, {}), made, {})


def _die_at(step: int, workspace: Path) -> None:
    seen = count(1)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        touches = any(str(workspace) in str(each) for each in arguments)
        if event in WATCHED and touches and next(seen) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


if __name__ == "__main__":
    main()
