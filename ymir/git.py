"""The git command, as far as ymir needs it: commit its own files, tag rounds, say what is open."""

import os
import re
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ymir.errors import StoreError
from ymir.family import end

_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_UNKNOWN = ("-c", "user.name=ymir", "-c", "user.email=ymir@localhost")  # who commits, if no one
_AS_NAMED = "--literal-pathspecs"  # a `*` in a file's name stands for itself
_UNTRACKED = "??"
_SAFE = (  # a tree that a stranger sent holds no repository of ours, and nothing runs by itself
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),
)
# A power cut takes no commit away that a command has made. `core.fsyncMethod=batch` would be
# faster, but git (2.39) then makes commits whose objects a full disk has refused.
_LASTING = ("-c", "core.fsync=committed,loose-object,reference,index")
_NO_WORK_TREE = ("not a git repository", "cannot use bare repository")
_REBASES = ("rebase-merge", "rebase-apply")  # folders of git's, while one is under way
_PLAIN: Mapping[str, str] = {}
_LOCK = "index.lock"
_PAUSES = (0.1, 0.4, 1.0)  # seconds until a lock is looked at again
_PATIENCE = 900.0  # seconds for a command: hooks of commits may test all there is
_NO_ROOM = "make room on the disk and run again"
_FINISH = "finish or abort first what git has under way: `git status`"
_HINTS = {  # the first that fits
    "No space left": _NO_ROOM,
    "Out of diskspace": _NO_ROOM,
    "couldn't write": _NO_ROOM,
    "Permission denied": "check who owns the folder and who may write there",
    "Read-only file system": "the file system is read-only",
    _LOCK: "another git command runs here; end it, or delete the lock file if none does",
    "do a partial commit during a": _FINISH,
    "gpg failed to sign": "give git a key that signs, or `git config commit.gpgsign false` here",
    "signingkey": "give git a key that signs, or `git config commit.gpgsign false` here",
    "no answer within": "a hook hangs, or waits for an answer that nobody can give: see "
    "`git config core.hooksPath` and `.git/hooks`; or leave commits to yourself with `--no-commit`",
    "dubious ownership": "the folder is someone else's: see safe.directory in `git help config`",
}
_OF_COMMITS = "if a hook refused, do what it says, or leave commits to yourself with `--no-commit`"


def is_repository(workspace: Path) -> bool:
    """Whether the folder lies in a git work tree."""
    asked = ("rev-parse", "--is-inside-work-tree")
    done = attempt(workspace, *asked)
    if done.returncode != 0 and any(sign in done.stderr for sign in _NO_WORK_TREE):
        _refuse_broken(workspace / ".git", done.stderr)
        return False
    return output(workspace, *asked).strip() == "true"


def _refuse_broken(folder: Path, said: str) -> None:
    """Where there is a repository that git takes for none, nobody must work without it."""
    if (folder / "HEAD").exists() or (folder.is_file() and _NO_WORK_TREE[0] in said):
        raise StoreError(
            f"the git repository `{folder}` is broken: {why(said)}",
            hint="bring it back from a clone or a backup, or move it away: `git init` makes one",
        )


def init(workspace: Path) -> None:
    """Make the folder a git repository, unless it lies in one that does not ignore it."""
    if not is_repository(workspace) or is_ignored(workspace):
        output(workspace, "init", "--quiet")


def head(workspace: Path) -> str | None:
    """The id of the newest commit; None in a repository without one."""
    found = attempt(workspace, "rev-parse", "--verify", "--quiet", "HEAD")
    return found.stdout.strip() or None


def branch_here(workspace: Path) -> str | None:
    """The branch that the work tree is on; None on none of them, as CI checks commits out."""
    found = attempt(workspace, "symbolic-ref", "--quiet", "--short", "HEAD")
    return found.stdout.strip() or None


def commit(
    workspace: Path,
    paths: Collection[Path],
    subject: str,
    trailers: Mapping[str, str],
    patience: float = _PATIENCE,
) -> str | None:
    """Commit these files and nothing else, whatever is staged; None if they are unchanged.

    Where git or a hook refuses, what people had staged stays so, and nothing else is. Another git
    command, as editors run them, is waited for a moment; hooks, for `patience` seconds.
    """
    for pause in _PAUSES:
        try:
            return _committed(workspace, paths, subject, trailers, patience)
        except StoreError as error:
            if _LOCK not in str(error):
                raise
        time.sleep(pause)
    return _committed(workspace, paths, subject, trailers, patience)


def _committed(
    workspace: Path,
    paths: Collection[Path],
    subject: str,
    trailers: Mapping[str, str],
    patience: float,
) -> str | None:
    changed = _changes(workspace, [_literal(workspace, path) for path in paths])
    if not changed:
        return None
    _refuse_rebase(workspace)
    lines = "\n".join(f"{key}: {value}" for key, value in trailers.items())
    names = list(dict.fromkeys(str(path) for _, path in changed))
    new = [str(path) for code, path in changed if code == _UNTRACKED]
    if new:
        output(workspace, _AS_NAMED, "add", "--intent-to-add", "--", *new)
    try:
        made = ("commit", "--quiet", "--only", "-m", f"{subject}\n\n{lines}", "--", *names)
        options = (*_LASTING, *author(workspace), _AS_NAMED)
        output(workspace, *options, *made, patience=patience)
    except StoreError:
        if new:
            attempt(workspace, _AS_NAMED, "reset", "--quiet", "--", *new)
        raise
    return head(workspace)


def _refuse_rebase(workspace: Path) -> None:
    """Git itself does not: it commits amid what others pick, and abandons that where they stop."""
    folder = workspace / output(workspace, "rev-parse", "--git-dir").strip()
    if any((folder / name).exists() for name in _REBASES):
        raise StoreError("a rebase is under way", hint=_FINISH)


def uncommitted(workspace: Path, paths: Collection[Path]) -> tuple[Path, ...]:
    """Which of these files, or of the files in these folders, differ from the newest commit."""
    if not paths:
        return ()
    return _status(workspace, [_literal(workspace, path) for path in paths])


def pending(workspace: Path, patterns: Collection[str]) -> tuple[Path, ...]:
    """The files of these names that no commit holds yet, e.g. after a run that was killed.

    Not those that are gone: ymir deletes none, so somebody else did, and may want them back.
    """
    found = _status(workspace, [f":(glob){pattern}" for pattern in patterns])
    return tuple(path for path in found if path.exists())


def gone(workspace: Path, patterns: Collection[str]) -> tuple[Path, ...]:
    """The files of these names that the newest commit holds and that were removed since."""
    found = _status(workspace, [f":(glob){pattern}" for pattern in patterns])
    return tuple(path for path in found if not path.exists())


def committed(workspace: Path, name: str) -> str:
    """The text that a file has in the newest commit; empty where it is not in there."""
    return attempt(workspace, "show", f"HEAD:./{name}").stdout


def newest_files(workspace: Path) -> tuple[str, ...]:
    """The files that the newest commit changed, seen from the workspace."""
    shown = attempt(
        workspace, "show", "--format=", "--name-only", "--relative", "-z", "HEAD"
    ).stdout
    return tuple(name for name in shown.split("\0") if name)


def has_tag(workspace: Path, name: str) -> bool:
    """Whether a commit has this name."""
    return bool(attempt(workspace, "rev-parse", "--verify", "--quiet", f"refs/tags/{name}").stdout)


def tag(workspace: Path, name: str) -> bool:
    """Name the newest commit; a name that is taken stays where it is, and False is returned."""
    if has_tag(workspace, name):
        return False
    unsigned = ("-c", "tag.gpgSign=false")  # of a name, there is nothing to sign
    output(workspace, *_LASTING, *unsigned, "tag", name)
    return True


def history(workspace: Path) -> Iterator[dict[str, str]]:
    """The commits, newest first: commit, date, tags, subject, and ymir's trailers in small."""
    trailers = "%(trailers:only,unfold,separator=%x1f)"
    form = f"%H%x1e%cs%x1e%D%x1e%s%x1e{trailers}"
    if head(workspace) is None:
        return
    listed = output(
        workspace, "log", "--decorate-refs=refs/tags", f"--format={form}%x00", "--", "."
    )
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
    listed = output(workspace, "log", form, *named, "--", f":(glob){pattern}")
    found: dict[str, Touch] = {}
    for entry in filter(None, listed.split("\0")):
        first, *names = filter(None, entry.split("\n"))
        for name in names:
            found.setdefault(name, Touch(*first.split("\x1e")))
    return found


def worktrees(workspace: Path) -> tuple[Path, ...]:
    """The workspace in every work tree of its repository that is there, itself first."""
    prefix = _prefix(workspace)
    listed = output(workspace, "worktree", "list", "--porcelain").splitlines()
    roots = (
        Path(line.removeprefix("worktree ")) for line in listed if line.startswith("worktree ")
    )
    others = (root / prefix for root in roots if (root / ".git").exists())
    return tuple(dict.fromkeys((workspace, *(each for each in others if each != workspace))))


def is_shallow(workspace: Path) -> bool:
    """Whether older commits were left away when the repository was cloned."""
    return output(workspace, "rev-parse", "--is-shallow-repository").strip() == "true"


def stashes(workspace: Path) -> tuple[str, ...]:
    """The commits in which changes were put aside."""
    return tuple(output(workspace, "stash", "list", "--format=%H").split())


def contents(workspace: Path, names: re.Pattern[str], commits: Collection[str]) -> Iterator[bytes]:
    """What the files of these names hold, in all the commits and whatever is staged, each once.

    `commits` are options of `git rev-list`. Two processes read a whole history.
    """
    listed = output(workspace, "rev-list", "--objects", "--indexed-objects", *commits).splitlines()
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


def author(workspace: Path) -> tuple[str, ...]:
    """Options that say who commits where git does not know: on a new machine, in a container."""
    return () if attempt(workspace, "var", "GIT_COMMITTER_IDENT").returncode == 0 else _UNKNOWN


def is_ignored(folder: Path) -> bool:
    """Whether git leaves the folder out."""
    return attempt(folder, "check-ignore", "--quiet", ".").returncode == 0


def _status(workspace: Path, patterns: list[str]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path for _, path in _changes(workspace, patterns)))


def _changes(workspace: Path, patterns: list[str]) -> tuple[tuple[str, Path], ...]:
    """Git's two letters for what differs from the newest commit, and where."""
    if not patterns:  # to git, no pattern is every file
        return ()
    prefix = _prefix(workspace)
    flags = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all")
    listed = output(workspace, "--no-optional-locks", "status", *flags, "--", *patterns)
    lines = (line for line in listed.split("\0") if line)
    return tuple((line[:2], workspace / line[3:].removeprefix(prefix)) for line in lines)


@lru_cache(maxsize=64)
def _prefix(workspace: Path) -> str:
    """Where in its repository the workspace is: asked before every commit, and never another."""
    return output(workspace, "rev-parse", "--show-prefix").strip()


def _literal(workspace: Path, path: Path) -> str:
    return f":(literal){path.relative_to(workspace) if path.is_absolute() else path}"


def output(
    workspace: Path,
    *arguments: str,
    given: str = "",
    settings: Mapping[str, str] = _PLAIN,
    patience: float = _PATIENCE,
) -> str:
    """What a git command says that must succeed; `settings` are added to its environment."""
    done = attempt(workspace, *arguments, given=given, settings=settings, patience=patience)
    if done.returncode != 0:
        said = done.stderr.strip() or done.stdout.strip()
        command = next(each for each in arguments if each[0].isalpha() and "=" not in each)
        otherwise = _OF_COMMITS if command == "commit" else None
        hint = next((hint for sign, hint in _HINTS.items() if sign in said), otherwise)
        raise StoreError(f"`git {command}` failed: {why(said)}", hint=hint)
    return done.stdout


def _bytes(workspace: Path, *arguments: str, given: bytes) -> bytes:
    """What a git command that must succeed makes of its input."""
    done = subprocess.run(  # noqa: S603 - our own arguments, no shell
        ["git", *_SAFE, *arguments],  # noqa: S607 - the user's git
        cwd=workspace,
        env=_environment(),
        input=given,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise StoreError(f"`git {arguments[0]}` failed: {why(done.stderr.decode())}")
    return done.stdout


def _environment() -> dict[str, str]:
    # A hook that calls ymir leaves the places of *its* commit in the environment.
    inherited = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
    return {**inherited, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def attempt(
    workspace: Path,
    *arguments: str,
    given: str = "",
    settings: Mapping[str, str] = _PLAIN,
    patience: float = _PATIENCE,
) -> subprocess.CompletedProcess[str]:
    """How a git command ended that may fail, also by taking longer than `patience`, in seconds."""
    try:
        process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
            ["git", *_SAFE, *arguments],  # noqa: S607 - the user's git
            cwd=workspace,
            env={**_environment(), **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
        )
    except FileNotFoundError as error:
        raise StoreError("git is not installed", hint="install git 2.30 or newer") from error
    with process:
        try:
            said, complaint = process.communicate(given, timeout=patience)
        except subprocess.TimeoutExpired:
            end(process)
            complaint = f"no answer within {patience:g} seconds"
            return subprocess.CompletedProcess(arguments, 124, "", complaint)
        except BaseException:
            end(process)
            raise
    return subprocess.CompletedProcess(arguments, process.returncode, said, complaint)


def why(text: str) -> str:
    """What git complains of, or else the last lines of what it or a hook said."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return " / ".join(fatal or lines[-3:])
