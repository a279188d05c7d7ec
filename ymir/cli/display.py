"""Shows a run while it runs, and writes `events.jsonl`."""

from __future__ import annotations

import json
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ymir.cli import console
from ymir.cli.words import duration, version_line
from ymir.plan.snapshot import Version
from ymir.plan.stage import Stage
from ymir.reconcile import Event, Recorded, Started, Stopped
from ymir.reconcile import Progress as Share


class Display:
    """A live line per running job on a terminal; plain lines elsewhere; nothing when quiet."""

    def __init__(self, root: Path, *, is_quiet: bool = False) -> None:
        self.has_failed = False
        self.was_stopped = False
        self._events = root / ".ymir" / "events.jsonl"
        self._is_quiet = is_quiet
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=Console(),
            transient=True,
            disable=is_quiet or not Console().is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Display:
        """Begin to draw."""
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing; what was said stays."""
        self._bars.stop()

    def stop(self) -> None:
        """Somebody asked for a clean stop."""
        self.was_stopped = True
        self._say("stopping; jobs are told to end …")

    def show(self, event: Event) -> None:
        """Say what happened."""
        match event:
            case Started(stage, job):
                if job:
                    if self._bars.disable:
                        self._say(f"  {stage.name} …")
                    self._tasks[stage.name] = self._bars.add_task(stage.name, total=1.0)
            case Share(stage, share):
                self._bars.update(self._tasks[stage.name], completed=share)
                return
            case Recorded(stage, version, seconds, _):
                self._end(stage)
                self._say(f"✓ {_recorded(stage, version)}  ({duration(seconds)})")
            case Stopped(stage, why, log, parked):
                self._end(stage)
                self.has_failed = self.has_failed or not parked
                self._say(f"‖ {stage.name}: {why}" if parked else f"✗ {stage.name}: {why}")
                if log:
                    self._say(f"  log: {log}")
        self._log(event)

    def _end(self, stage: Stage) -> None:
        task = self._tasks.pop(stage.name, None)
        if task is not None:
            self._bars.remove_task(task)

    def _say(self, line: str) -> None:
        if self._is_quiet:
            return
        if self._bars.disable:
            console.out(line)
        else:
            self._bars.console.print(line, markup=False, highlight=False)

    def _log(self, event: Started | Recorded | Stopped) -> None:
        entry: dict[str, object] = {
            "time": round(time.time(), 3),
            "event": type(event).__name__.lower(),
            "stage": event.stage.name,
        }
        match event:
            case Recorded(_, version, seconds, job_seconds):
                entry |= {"seconds": seconds, "job_seconds": job_seconds, "digest": version.digest}
            case Stopped(_, why, _, parked):
                entry |= {"why": why, "parked": parked}
            case Started():
                pass
        self._events.parent.mkdir(exist_ok=True)
        with self._events.open("a", encoding="utf-8") as events:
            events.write(json.dumps(entry) + "\n")


def _recorded(stage: Stage, version: Version) -> str:
    facts = version.facts
    match stage.kind:
        case "dataset":
            return version_line(stage.name, version)
        case "judge":
            half = (float(str(facts["map_high"])) - float(str(facts["map_low"]))) / 2
            return f"{stage.name}: mAP {facts['map']:.3f} ± {half:.3f}"
        case "mine":
            return f"{stage.name}: {facts['picked']} of {facts['candidates']} images"
        case "training":
            return f"{stage.name}: {facts['images']} images"
        case "label":
            return f"{stage.name}: {facts['labelled']} images, {facts['boxes']} boxes"
        case _:
            return stage.name
