"""The git command, as far as ymir needs it: commit its own files, tag rounds, say what is open."""

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ymir.errors import StoreError

_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_UNKNOWN = ("-c", "user.name=ymir", "-c", "user.email=ymir@localhost")  # who commits, if no one
_NO_ROOM = "make room on the disk and run again"
_HINTS = {  # the first that fits
    "No space left": _NO_ROOM,
    "Out of diskspace": _NO_ROOM,
    "couldn't write": _NO_ROOM,
    "Permission denied": "check who owns the folder and who may write there",
    "Read-only file system": "the file system is read-only",
    "index.lock": "another git command runs here; end it, or delete the lock file if none does",
    "during a merge": "finish or abort the merge first",
    "dubious ownership": "the folder is someone else's: see safe.directory in `git help config`",
}
_OF_COMMITS = "if a hook refused, do what it says, or leave commits to yourself with `--no-commit`"


def is_repository(workspace: Path) -> bool:
    """Whether the folder lies in a git work tree."""
    asked = ("rev-parse", "--is-inside-work-tree")
    done = _run(workspace, *asked)
    if done.returncode != 0 and "not a git repository" in done.stderr:
        return False
    return _git(workspace, *asked).strip() == "true"


def init(workspace: Path) -> None:
    """Make the folder a git repository, unless it lies in one that does not ignore it."""
    if not is_repository(workspace) or _is_ignored(workspace):
        _git(workspace, "init", "--quiet")


def head(workspace: Path) -> str | None:
    """The id of the newest commit; None in a repository without one."""
    found = _run(workspace, "rev-parse", "--verify", "--quiet", "HEAD")
    return found.stdout.strip() or None


def commit(
    workspace: Path, paths: Collection[Path], subject: str, trailers: Mapping[str, str]
) -> str | None:
    """Commit these files and nothing else, whatever is staged; None if they are unchanged."""
    changed = uncommitted(workspace, paths)
    if not changed:
        return None
    lines = "\n".join(f"{key}: {value}" for key, value in trailers.items())
    names = [str(path) for path in changed]
    _git(workspace, "add", "--all", "--", *names)
    try:
        made = ("commit", "--quiet", "--only", "-m", f"{subject}\n\n{lines}", "--", *names)
        _git(workspace, *_author(workspace), *made)
    except StoreError:
        _run(workspace, "reset", "--quiet", "--", *names)
        raise
    return head(workspace)


def uncommitted(workspace: Path, paths: Collection[Path]) -> tuple[Path, ...]:
    """Which of these files, or of the files in these folders, differ from the newest commit."""
    if not paths:
        return ()
    return _status(workspace, [f":(literal){_inside(workspace, path)}" for path in paths])


def pending(workspace: Path, patterns: Collection[str]) -> tuple[Path, ...]:
    """The files of these names that no commit holds yet, e.g. after a run that was killed.

    Not those that are gone: ymir deletes none, so somebody else did, and may want them back.
    """
    found = _status(workspace, [f":(glob){pattern}" for pattern in patterns])
    return tuple(path for path in found if path.exists())


def committed(workspace: Path, name: str) -> str:
    """The text that a file has in the newest commit; empty where it is not in there."""
    return _run(workspace, "show", f"HEAD:./{name}").stdout


def newest_files(workspace: Path) -> tuple[str, ...]:
    """The files that the newest commit changed, seen from the workspace."""
    shown = _run(workspace, "show", "--format=", "--name-only", "--relative", "-z", "HEAD").stdout
    return tuple(name for name in shown.split("\0") if name)


def has_tag(workspace: Path, name: str) -> bool:
    """Whether a commit has this name."""
    return bool(_run(workspace, "rev-parse", "--verify", "--quiet", f"refs/tags/{name}").stdout)


def tag(workspace: Path, name: str) -> bool:
    """Name the newest commit; a name that is taken stays where it is, and False is returned."""
    if has_tag(workspace, name):
        return False
    _git(workspace, "tag", name)
    return True


def history(workspace: Path) -> Iterator[dict[str, str]]:
    """The commits, newest first: commit, date, tags, subject, and ymir's trailers in small."""
    trailers = "%(trailers:only,unfold,separator=%x1f)"
    form = f"%H%x1e%cs%x1e%D%x1e%s%x1e{trailers}"
    if head(workspace) is None:
        return
    listed = _git(workspace, "log", "--decorate-refs=refs/tags", f"--format={form}%x00", "--", ".")
    for entry in filter(None, (each.strip("\n") for each in listed.split("\0"))):
        commit_id, date, tags, subject, noted = entry.split("\x1e")
        pairs = (line.partition(": ") for line in noted.split("\x1f") if line)
        own = {k.removeprefix("Ymir-").lower(): v for k, _, v in pairs if k.startswith("Ymir-")}
        names = tags.replace("tag: ", "").replace(",", "")
        yield {"commit": commit_id, "date": date, "tags": names, "subject": subject, **own}


class Touch(NamedTuple):
    """A commit that changed a file."""

    commit: str
    date: str  # ISO 8601, with its offset
    subject: str


def touched(workspace: Path, pattern: str) -> dict[str, Touch]:
    """File -> the newest commit that changed it, of the files that `pattern` names; one call."""
    if head(workspace) is None:
        return {}
    named = ("--name-only", "--no-renames", "--relative", "--diff-filter=d")
    form = "--format=%x00%H%x1e%cI%x1e%s"
    listed = _git(workspace, "log", form, *named, "--", f":(glob){pattern}")
    found: dict[str, Touch] = {}
    for entry in filter(None, listed.split("\0")):
        first, *names = filter(None, entry.split("\n"))
        for name in names:
            found.setdefault(name, Touch(*first.split("\x1e")))
    return found


def worktrees(workspace: Path) -> tuple[Path, ...]:
    """The workspace in every work tree of its repository that is there, itself first."""
    prefix = _git(workspace, "rev-parse", "--show-prefix").strip()
    listed = _git(workspace, "worktree", "list", "--porcelain").splitlines()
    roots = (
        Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree ")
    )
    others = (root / prefix for root in roots if (root / ".git").exists())
    return tuple(dict.fromkeys((workspace, *(each for each in others if each != workspace))))


def is_shallow(workspace: Path) -> bool:
    """Whether older commits were left away when the repository was cloned."""
    return _git(workspace, "rev-parse", "--is-shallow-repository").strip() == "true"


def stashes(workspace: Path) -> tuple[str, ...]:
    """The commits in which changes were put aside."""
    return tuple(_git(workspace, "stash", "list", "--format=%H").split())


def contents(workspace: Path, names: re.Pattern[str], commits: Collection[str]) -> Iterator[bytes]:
    """What the files of these names hold, in all the commits and whatever is staged, each once.

    `commits` are options of `git rev-list`. Two processes read a whole history.
    """
    listed = _git(workspace, "rev-list", "--objects", "--indexed-objects", *commits).splitlines()
    found = (line.partition(" ") for line in listed)
    wanted = [digest for digest, _, name in found if names.search(name)]
    asked = "".join(f"{digest}\n" for digest in dict.fromkeys(wanted))
    read = _bytes(workspace, "cat-file", "--batch", given=asked.encode())
    at = 0
    while at < len(read):
        end = read.index(b"\n", at)
        if (size := read[at:end].split(b" ")[-1]) == b"missing":
            hint = "`git fsck` says more; a partial clone is made whole by `git fetch --refetch`"
            raise StoreError("git lacks files of its own history", hint=hint)
        yield read[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)


def _author(workspace: Path) -> tuple[str, ...]:
    """Options that say who commits where git does not know: on a new machine, in a container."""
    return () if _run(workspace, "var", "GIT_COMMITTER_IDENT").returncode == 0 else _UNKNOWN


def _is_ignored(folder: Path) -> bool:
    return _run(folder, "check-ignore", "--quiet", ".").returncode == 0


def _status(workspace: Path, patterns: list[str]) -> tuple[Path, ...]:
    prefix = _git(workspace, "rev-parse", "--show-prefix").strip()
    flags = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    listed = _git(workspace, "--no-optional-locks", "status", *flags, "--", *patterns)
    names = (line[3:].removeprefix(prefix) for line in listed.split("\0") if line)
    return tuple(workspace / name for name in names)


def _inside(workspace: Path, path: Path) -> Path:
    return path.relative_to(workspace) if path.is_absolute() else path


def _git(workspace: Path, *arguments: str) -> str:
    """Run a git command that must succeed."""
    done = _run(workspace, *arguments)
    if done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip()
        command = next(each for each in arguments if each[0].isalpha() and "=" not in each)
        otherwise = _OF_COMMITS if command == "commit" else None
        hint = next((hint for sign, hint in _HINTS.items() if sign in said), otherwise)
        raise StoreError(f"`git {command}` failed: {_why(said)}", hint=hint)
    return done.stdout


def _bytes(workspace: Path, *arguments: str, given: bytes) -> bytes:
    """What a git command that must succeed makes of its input."""
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        ["git", *arguments],  # noqa: S607 - the user's git
        cwd=workspace,
        env=_environment(),
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise StoreError(f"`git {arguments[0]}` failed: {_why(done.stderr.decode())}")
    return done.stdout


def _environment() -> dict[str, str]:
    # A hook that calls ymir leaves the places of *its* commit in the environment.
    inherited = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
    return {**inherited, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _run(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - our own arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's git
            cwd=workspace,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as error:
        raise StoreError("git is not installed", hint="install git 2.30 or newer") from error


def _why(text: str) -> str:
    """What git complains of, or else the last lines of what it or a hook said."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return " / ".join(fatal or lines[-3:])
