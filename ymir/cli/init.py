"""`ymir init`: make a folder a workspace, from people's images, from an example, or empty."""

import secrets
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from ymir.approval.lineage import settle
from ymir.cli import console
from ymir.cli.beginning import Shown, asked, inside, specs_for
from ymir.cli.options import spread
from ymir.cli.running.ledger import unrecorded
from ymir.cli.specs import catalogue
from ymir.dvc.project import prepare
from ymir.errors import SpecError, YmirError
from ymir.git import attempt, commit, is_ignored, newest_files, uncommitted
from ymir.git import init as init_repository
from ymir.jobs.environment import folder_of, home_of, is_made
from ymir.plugins import nearest
from ymir.resources import resource
from ymir.spec.schema import MODELINE

STARTER = f"""\
{MODELINE}# The classes of this workspace. `ymir explain Labels` says what may stand here.
apiVersion: ymir/v1
kind: Labels
classes:
  - example                              # or {{name: car, aliases: [auto, vehicle]}}
# Next: a Dataset, an Executor and a Project. `ymir explain KIND` describes each kind;
# `ymir init DIR --data IMAGES` writes them for images that are labelled;
# `ymir init --example helmet DIR` makes a workspace that is complete and runs.
"""
PREPARE = "prepare.py"  # in an example: makes the data that is not committed
_IGNORE = ".gitignore"


@spread
def command(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", file_okay=False)] = Path(),
    example: Annotated[
        str | None, typer.Option("--example", help="Start from this example.")
    ] = None,
    *,
    shown: Shown,
) -> None:
    """Make a workspace: a git repository and DVC project with a folder of specs.

    With `--data`, the specs fit what lies there: the classes, the layout, what is split off for
    validation and testing so that images of one clip or camera stay on one side.
    """
    if (folder / "specs").exists():
        raise SpecError(
            f"`{folder}` already has specs",
            hint="a workspace has them, see `ymir plan`; if they are not ymir's, rename `specs/`",
        )
    root = folder.resolve()
    source = _example(example) if example else None
    answers = shown if source else asked(shown)
    has_data = bool(answers.data or answers.pool)
    specs = specs_for(answers, root) if has_data else {"labels.yaml": STARTER}
    root.mkdir(parents=True, exist_ok=True)
    init_repository(root)
    if source:
        _copy(source, root)
    else:
        _write(specs, root)
    ignoring = _ignoring(root, inside(answers, root)) if has_data else []
    prepare(root)
    settle(root, {})
    ours = [path for name in _names(source) if (path := root / name).exists()]
    commit(root, [*ours, *ignoring, *unrecorded(root)], "Begin the workspace", {})
    made = [*_added(root), f"made the workspace `{folder}`; next:"]
    console.out("\n".join([*made, *_next(answers, folder)]))


def _example(name: str) -> Path:
    examples = resource("examples") / "projects"
    names = sorted(path.name for path in examples.iterdir() if (path / "specs").is_dir())
    if name not in names:
        raise SpecError(f"no example is called `{name}`", hint=nearest(name, names))
    return examples / name


def _names(source: Path | None) -> list[str]:
    """What of the workspace is committed at the start, besides ymir's own files."""
    return ["specs", *(path.name for path in source.iterdir())] if source else ["specs"]


def _copy(source: Path, folder: Path) -> None:
    """The example with its data; the specs come last, so a run that is ended can be repeated."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv", "raw", "specs")
    shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    if (folder / PREPARE).exists():
        console.out(f"preparing the example's data ({PREPARE}) …")
        done = subprocess.run([sys.executable, PREPARE], cwd=folder, check=False)  # noqa: S603 - the example's own program
        if done.returncode:
            raise YmirError(f"`{folder / PREPARE}` failed", hint="what it printed says why")
    shutil.copytree(source / "specs", folder / "specs")


def _write(specs: Mapping[str, str], root: Path) -> None:
    """The specs, all of them or none."""
    partial = root / f".specs.{secrets.token_hex(4)}.tmp"
    partial.mkdir()
    try:
        for name, text in specs.items():
            (partial / name).write_text(text, encoding="utf-8")
        partial.rename(root / "specs")
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    try:
        catalogue(root)
    except SpecError:  # a class that nobody can name, perhaps: then people write the specs
        shutil.rmtree(root / "specs")
        raise


def _ignoring(root: Path, places: Collection[str]) -> list[Path]:
    """Keep git from images that lie in the workspace; which files of ours say so."""
    file = root / _IGNORE
    new = [place for place in places if not (is_ignored(root / place) or _is_tracked(root, place))]
    if not new:
        return []
    is_clean = not uncommitted(root, [file])
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    start = before if not before or before.endswith("\n") else f"{before}\n"
    file.write_text(start + "".join(f"/{place}/\n" for place in new), encoding="utf-8")
    return [file] if is_clean else []


def _is_tracked(root: Path, place: str) -> bool:
    return attempt(root, "ls-files", "--error-unmatch", "--", place).returncode == 0


def _added(root: Path) -> Iterator[str]:
    """What came into a repository that has had commits before."""
    if attempt(root, "rev-parse", "--verify", "--quiet", "HEAD~1").returncode == 0:
        tops = {Path(name).parts for name in newest_files(root)}
        names = sorted({f"{first}/" if rest else first for first, *rest in tops})
        yield f"added in a commit of its own: {', '.join(names)}"


def _next(given: Shown, folder: Path) -> Iterator[str]:
    executor = given.executor
    if given.data and not is_made(home_of(executor), folder_of(executor) / "requirements.txt"):
        yield f"  ymir executor setup {executor}  (once on a machine)"
    yield f"  ymir plan -C {folder}"
