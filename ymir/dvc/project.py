"""Make a folder the DVC project that `dvc init` would make, and `media/` a second one inside it."""

import configparser
import posixpath
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from ymir.dvc.files import storing, write_whole
from ymir.errors import StoreError

MEDIA = "media"  # the sub-project for image bytes; root's commands do not look into it

_REMOTE = "ymir"
_PLAIN = {"analytics": "false", "check_update": "false", "autostage": "false"}
_SECTION = f"'remote \"{_REMOTE}\"'"
_CORE = (*_PLAIN, "remote")
_LINKS = {"": "reflink,hardlink,copy", MEDIA: "reflink,hardlink,symlink"}

# A `*` that ends a pattern must be held by another sign: `/pool/*/` makes DVC skip `pool/` itself.
_LINES: Mapping[str, tuple[str, ...]] = {
    ".dvc/.gitignore": ("/config.local", "/tmp", "/cache"),  # noqa: S108 - a pattern
    ".dvcignore": ("/.ymir/",),
    ".gitignore": ("/.ymir/", "/labels/*/images/"),
    "data/.gitignore": (
        "/datasets/*/v*/",
        "/models/*/v*/",
        "/rounds/*/[0-9]*/",
        "/checkpoints/?*/",
        ".*.tmp",
    ),
    "reports/.gitignore": (
        "/*/html/",
        "/index.html",
        "/site/datasets/",  # not all of `site/`: a project may be called so
        "/site/models/",
        ".*.tmp",
    ),
    "media/.dvc/.gitignore": ("/config.local", "/tmp", "/cache"),  # noqa: S108 - a pattern
    "media/.dvcignore": (),
    "media/.gitignore": ("/pool/?*/", ".*.tmp"),
}

_CONFIG_NAMES = ("config", "config.local")  # the second one holds on one machine, and wins
_DIR = re.compile(r"^\s*dir\s*=", re.MULTILINE)
_CONFIGS = (".dvc/config", f"{MEDIA}/.dvc/config")
KEPT_UP = (*_LINES, *_CONFIGS)  # files in which people write, too
LINEAGE = "data/lineage"  # which history the workspace belongs to
PREPARED = (*KEPT_UP, LINEAGE)  # there before anything is recorded

# Pointers that ymir also removes: to what unfinished trainings left, until these are recorded.
PASSING = ("data/checkpoints/*.dvc",)

# Every file that ymir itself writes and git keeps.
OWN = (
    *PASSING,
    "data/datasets/*/v*.dvc",
    "data/models/*/v*.dvc",
    "data/rounds/*/*.dvc",
    f"{MEDIA}/pool/*.dvc",
    "reports/dvc.yaml",
    "reports/*/html.dvc",
    "reports/*/metrics.json",
    *PREPARED,
)


def cache_of(project: Path) -> Path:
    """Where a DVC project keeps its objects: in itself, unless its DVC config shares a cache."""
    return (_shared_cache(project) or project / ".dvc" / "cache") / "files" / "md5"


def settings(project: Path) -> configparser.ConfigParser:
    """The DVC config of a project, with what holds on this machine only; from both files."""
    config = configparser.ConfigParser(interpolation=None)
    for name in _CONFIG_NAMES:
        _read_into(config, project / ".dvc" / name)
    return config


def remote_of(project: Path) -> str:
    """The name of the remote that holds what ymir stores: its own, or else DVC's default one.

    What `config.local` chooses for this machine comes first; empty where there is none.
    """
    local = configparser.ConfigParser(interpolation=None)
    _read_into(local, project / ".dvc" / _CONFIG_NAMES[1])
    return local.get("core", "remote", fallback=chosen_remote(settings(project)))


def chosen_remote(config: configparser.ConfigParser) -> str:
    """The name of ymir's own remote, or of DVC's default one; empty where there is none."""
    return _REMOTE if config.has_section(_SECTION) else config.get("core", "remote", fallback="")


def default_address(project: Path) -> str:
    """Where DVC's default remote is, as a `Workspace` would name it; empty where there is none.

    What holds on this machine only, or has a password in it, belongs into no spec.
    """
    config = _read(project / ".dvc" / _CONFIG_NAMES[0])
    section = f"'remote \"{config.get('core', 'remote', fallback='')}\"'"
    url = config.get(section, "url", fallback="")
    if "://" in url:
        return "" if urlsplit(url).password else url
    if not url or url.startswith("/"):
        return url
    return posixpath.normpath(posixpath.join(".dvc", url))  # it is seen from the config's folder


def _shared_cache(project: Path) -> Path | None:
    """`cache.dir` of the DVC config, as DVC understands it: seen from the config's folder."""
    if not any(_DIR.search(_text_of(project / ".dvc" / name)) for name in _CONFIG_NAMES):
        return None
    folder = settings(project).get("cache", "dir", fallback=None)
    return Path(posixpath.normpath(project.absolute() / ".dvc" / folder)) if folder else None


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def prepare(workspace: Path, remote: str | None = None) -> None:
    """Make what is missing of both projects; `remote` is a folder or a DVC remote URL.

    What people changed in these files stays, except the address of ymir's own remote.
    """
    with storing("the workspace cannot be prepared"):
        for name, lines in _LINES.items():
            _add_lines(workspace / name, lines)
        for project in ("", MEDIA):
            _configure(workspace / project / ".dvc" / "config", project, remote)


def is_ours(name: str, before: str, now: str) -> bool:
    """Whether two texts of a file in `KEPT_UP` differ in nothing but what `prepare` writes."""
    others = _other_keys if name in _CONFIGS else partial(_other_lines, name)
    try:
        return others(before) == others(now)
    except configparser.Error:  # a merge conflict, perhaps: whoever reads it says so
        return False


def _other_lines(name: str, text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip() and line not in _LINES[name]]


def _other_keys(text: str) -> list[tuple[str, str, str]]:
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    return [
        (section, key, value)
        for section, keys in config.items()
        for key, value in keys.items()
        if section not in ("cache", _SECTION) and (section != "core" or key not in _CORE)
    ]


def _add_lines(path: Path, lines: tuple[str, ...]) -> None:
    text = path.read_text(encoding="utf-8") if path.exists() else None
    missing = [line for line in lines if line not in (text or "").splitlines()]
    if missing or text is None:
        start = f"{text.rstrip()}\n" if text and text.strip() else ""
        write_whole(path, start + "".join(f"{line}\n" for line in missing))


def _configure(path: Path, project: str, remote: str | None) -> None:
    config = _read(path)
    before = _render(config)
    links = {} if path.exists() else {"type": _LINKS[project]}  # how theirs are laid out is theirs
    for section, keys in (("core", _PLAIN), ("cache", links)):
        for key, value in keys.items():
            if not config.has_option(section, key):
                _set(config, section, key, value)
    if remote:
        _set(config, _SECTION, "url", _url(remote, project))
        if not config.has_option("core", "remote"):  # people's own stays the default of `dvc push`
            _set(config, "core", "remote", _REMOTE)
    if not path.exists() or _render(config) != before:
        write_whole(path, _render(config))


def _url(remote: str, project: str) -> str:
    """The remote as seen from the project's `.dvc/config`; each project has a prefix of its own."""
    if "://" in remote:
        return posixpath.join(remote.rstrip("/"), project).rstrip("/")
    up = "../.." if project else ".."
    here = str(Path(remote).expanduser())
    return posixpath.normpath(posixpath.join(up, here, project))


def _read(path: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    _read_into(config, path)
    return config


def _read_into(config: configparser.ConfigParser, path: Path) -> None:
    try:
        config.read(path, encoding="utf-8")
    except configparser.Error as error:
        said = " ".join(error.message.split())
        hint = f"correct it, or bring it back: `git checkout -- {path}`"
        raise StoreError(f"`{path}` cannot be read: {said}", hint=hint) from error


def _set(config: configparser.ConfigParser, section: str, key: str, value: str) -> None:
    if not config.has_section(section):
        config.add_section(section)
    config.set(section, key, value)


def _render(config: configparser.ConfigParser) -> str:
    return "".join(
        f"[{section}]\n" + "".join(f"    {key} = {value}\n" for key, value in keys.items())
        for section, keys in config.items()
        if keys
    )
