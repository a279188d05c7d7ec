"""One try at a job: its private folder, what it inherits, how it ended, and its commit.

<job>/in/               what the executor reads, the same for every attempt
<job>/attempts/1/       env.yaml, config.yaml, out/, log.txt, exit.json
<job>/kept.json         the files of a stage that an attempt had listed before it failed
<job>/out/              the committed `out/` of the attempt that ended well
"""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar

import yaml
from pydantic import ConfigDict, TypeAdapter

from ymir.contracts.backend import Done, Failed
from ymir.contracts.foreign import beginning, copy_inside
from ymir.contracts.monitor import Progress, read_monitor
from ymir.disk import settle
from ymir.spec.executor import as_duration
from ymir.vault import masked

KEPT = "kept.json"  # its `files`: the executor's name of each -> where it lies below the job

_LONGEST_WHY = 300
MONITOR_BYTES = 1 << 16
_NOTES, _RESERVED = ("asked.json", "exit.json"), 16 << 10
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Ending:
    """How the program of an attempt ended: by itself, or by ymir, or not even begun."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    how: str  # `exit`, `timeout`, `stopped`, `unstartable`, or `ended`, for the reason in `tail`
    code: int = 0
    seconds: float = 0.0
    tail: str = ""  # the end of what it printed


_ending = TypeAdapter(Ending)


@dataclass(frozen=True)
class Attempt:
    """The folder of one try."""

    folder: Path

    @property
    def number(self) -> int:
        """1 for the first try."""
        return int(self.folder.name)

    @property
    def out(self) -> Path:
        """Where the executor writes."""
        return self.folder / "out"

    @property
    def log(self) -> Path:
        """What it printed; of a flood, the end."""
        return self.folder / "log.txt"

    @property
    def ending(self) -> Ending | None:
        """How it ended; None while it runs, and for one that was killed without a trace."""
        try:
            return _ending.validate_json((self.folder / "exit.json").read_bytes())
        except (OSError, ValueError):
            return None

    @property
    def progress(self) -> Progress | None:
        """What the executor last said of itself."""
        try:
            said = beginning(self.out / "monitor.txt", MONITOR_BYTES)
            return read_monitor(said.decode(errors="replace"))
        except OSError:
            return None


def attempts(job: Path) -> tuple[Attempt, ...]:
    """Every try at the job in this folder, oldest first."""
    found = [each for each in (job / "attempts").glob("*") if each.name.isdigit()]
    return tuple(Attempt(each) for each in sorted(found, key=lambda each: int(each.name)))


def equip(attempt: Attempt, job: Path, seen: PurePath | None = None) -> None:
    """Fill a new attempt's folder: the start of `out/`, checkpoints, and files that name both.

    `seen` is the folder under which the executor finds `in` and the attempt's `out`, where that is
    not the attempt's own: `/` in a container.
    """
    for name in ("models", "tensorboard"):
        (attempt.out / name).mkdir(parents=True, exist_ok=True)
    for name in ("monitor.txt", "ymir-executor-out.log"):
        (attempt.out / name).touch()
    earlier = [each for each in attempts(job) if each.number < attempt.number]
    checkpoint = _inherit_checkpoint(attempt, earlier)
    told = {"resume_from": checkpoint} if checkpoint else _inherit_stage(attempt, job)
    if (job / "in" / "env.yaml").exists():
        _write_private_files(attempt, job, told, seen)


def relocated(env: Mapping[str, Any], attempt: PurePath) -> dict[str, Any]:
    """`env.yaml` of one attempt: its own `config.yaml`, its own `out`. Pure."""
    output = env["output"]
    old, new = PurePath(output["root_dir"]), attempt / "out"
    moved = {key: str(new / PurePath(path).relative_to(old)) for key, path in output.items()}
    return {
        **env,
        "input": {**env["input"], "config_file": str(attempt / "config.yaml")},
        "output": moved,
    }


def verdict(ending: Ending, progress: Progress | None, limit: int) -> Done | Failed:
    """What is believed: exit status and the executor's own word, taken together. Pure.

    Done still says nothing of the result, which is checked by whoever asked for it.
    """
    has_failed = progress is not None and progress.has_failed
    said = progress.why if progress is not None and (has_failed or progress.code) else ""
    last = last_line(ending.tail)
    match ending:
        case Ending(how="stopped", code=0) if _is_through(progress):
            return Done(ending.seconds)
        case Ending(how="stopped"):
            return Failed("was stopped")
        case Ending(how="timeout"):
            return Failed(f"took longer than its limit of {as_duration(limit)}")
        case Ending(how="unstartable"):
            return Failed(_short(f"cannot be started: {ending.tail}"))
        case Ending(how="ended"):
            return Failed(_short(ending.tail))
        case Ending(code=0) if not has_failed:
            return Done(ending.seconds)
        case _:
            return Failed(_short(f"{_exit(ending.code)}: {said or last or 'it printed nothing'}"))


def commit(attempt: Attempt, job: Path) -> bool:
    """Make the attempt's `out/` the job's, in one step; the first to do so wins.

    All of it is on disk before: after a power cut it is whole, or not the job's.
    """
    if attempt.out.is_symlink():  # put there by its program: it could lead anywhere
        return False
    try:
        settle(attempt.out)
        attempt.out.rename(job / "out")
    except OSError:
        return (job / "out").is_dir()
    return True


def reserve(attempt: Attempt) -> None:
    """Keep bytes for what is to be noted of the attempt, so that a full disk cannot swallow it."""
    for name in _NOTES:
        (attempt.folder / f"{name}.kept").write_bytes(b" " * _RESERVED)


def note(attempt: Attempt, name: str, said: Mapping[str, Any]) -> None:
    """Write a small JSON file into the attempt's folder, in one step."""
    part = attempt.folder / f"{name}.kept"
    with part.open("r+b" if part.exists() else "wb") as file:
        file.write(json.dumps(said).encode())
    part.replace(attempt.folder / name)


def record(attempt: Attempt, ending: Ending) -> None:
    """Write down how the attempt ended."""
    note(attempt, "exit.json", asdict(ending))


def newest(job: Path) -> Attempt | None:
    """The last try at the job in this folder."""
    tried = attempts(job)
    return tried[-1] if tried else None


def is_committed(job: Path) -> bool:
    """Whether the job in this folder has its result."""
    return (job / "out").exists()


def settled(last: Attempt | None, job: Path) -> Done | Failed:
    """How a job stands that is done, or that nobody has begun."""
    if is_committed(job):
        return Done(last.ending.seconds if last and last.ending else 0.0)
    return Failed("was not started")


def has_ended_well(attempt: Attempt, limit: int) -> bool:
    """Whether the attempt has only to be committed."""
    ending = attempt.ending
    if ending is None or attempt.out.is_symlink() or not attempt.out.is_dir():
        return False
    return isinstance(verdict(ending, attempt.progress, limit), Done)


def conclude(attempt: Attempt, ending: Ending, job: Path, limit: int) -> Done | Failed:
    """Commit the attempt if it has ended well; say how it ended."""
    outcome = verdict(ending, attempt.progress, limit)
    if isinstance(outcome, Failed):
        return Failed(outcome.why, attempt.log)
    if not commit(attempt, job):
        return Failed("ended well, but its `out` folder is gone, or is a link", attempt.log)
    return outcome


def follows_a_loss(attempt: Attempt, job: Path) -> bool:
    """Whether the try before this one ended without a trace, too."""
    before = [each for each in attempts(job) if each.number == attempt.number - 1]
    return bool(before) and before[0].ending is None


def last_line(text: str) -> str:
    """The last line of a log that says something, without colours and overwritten progress."""
    lines = [_CONTROL.sub("", line).strip() for line in re.split(r"[\r\n]+", text)]
    return next((line for line in reversed(lines) if re.search(r"\w", line)), "")


def _is_through(progress: Progress | None) -> bool:
    """Whether it said that all is done: it reached its end before it heard that it should end."""
    return progress is not None and not progress.has_failed and progress.share >= 1


def _exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}" if code else "gave up"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"killed by {name}" + (", out of memory perhaps" if -code == signal.SIGKILL else "")


def _short(text: str) -> str:
    line = " ".join(masked(_CONTROL.sub("", text)).split())
    return line if len(line) <= _LONGEST_WHY else f"{line[: _LONGEST_WHY - 1]}…"


def _inherit_checkpoint(attempt: Attempt, earlier: list[Attempt]) -> str | None:
    """Copy `out/checkpoint*` of the newest attempt that has one; return its name."""
    for each in reversed(earlier):
        copied = []
        for source in sorted(each.out.glob("checkpoint*")):
            half = attempt.out / f".{source.name}.partial"
            if copy_inside(source, half, each.out):
                half.rename(attempt.out / source.name)
                copied.append(source.name)
        if copied:
            return copied[0]
    return None


def _inherit_stage(attempt: Attempt, job: Path) -> Mapping[str, str | list[str]]:
    """Copy the files in `kept.json`, which an executor without checkpoints can start from."""
    try:
        files = json.loads((job / KEPT).read_text(encoding="utf-8"))["files"]
    except FileNotFoundError:
        return {}
    for name, source in files.items():
        target = attempt.out / "kept" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(job / source, target)
    return {"pretrained_model_params": [f"kept/{name}" for name in files]}


def _write_private_files(
    attempt: Attempt, job: Path, told: Mapping[str, str | list[str]], seen: PurePath | None
) -> None:
    """`told` are keys of `config.yaml` with paths below the attempt's `out/`."""
    inputs = job / "in"
    env = yaml.safe_load((inputs / "env.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((inputs / "config.yaml").read_text(encoding="utf-8"))
    # The name under which the executor knows the job's folder: a link, if blanks had to be hidden.
    mine = PurePath(env["input"]["root_dir"]).parent / "attempts" / attempt.folder.name
    folder = seen if seen is not None else mine
    out = folder / "out"
    for key, paths in told.items():
        config[key] = str(out / paths) if isinstance(paths, str) else [str(out / p) for p in paths]
    if seen is None:
        env = relocated(env, folder)
    for name, said in (("env.yaml", env), ("config.yaml", config)):
        text = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
        (attempt.folder / name).write_text(text, encoding="utf-8")
