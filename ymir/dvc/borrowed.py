"""Two DVC projects that fetch from the remotes of another workspace, and share nothing else."""

import configparser
import posixpath
from collections.abc import Mapping
from pathlib import Path

from ymir.dvc.files import write_whole
from ymir.dvc.project import chosen_remote
from ymir.errors import StoreError

_REMOTES = "'remote \""
_PUSH = "write `remote: <folder or URL>` in its `Workspace` spec, and `ymir push` there"


def borrow(workspace: Path, configs: Mapping[str, str], origin: Path | None) -> None:
    """Make `workspace` fetch what the workspace with these `.dvc/config` texts has stored.

    `configs` has the text by project. Only remotes are taken over. `origin` is where that workspace
    lies on this machine: its remote may be a folder then, seen from there.
    """
    for project, text in configs.items():
        theirs = _parsed(text)
        chosen = chosen_remote(theirs)
        if not theirs.has_section(f"{_REMOTES}{chosen}\"'"):
            raise StoreError("that workspace has no remote", hint=_PUSH)
        lines = ["[core]", f"    remote = {chosen}", "    analytics = false"]
        for section in theirs.sections():
            if section.startswith(_REMOTES):
                keys = dict(theirs[section])
                keys["url"] = _seen_from_here(keys.get("url", ""), project, origin)
                lines += [f"[{section}]", *(f"    {key} = {value}" for key, value in keys.items())]
        write_whole(workspace / project / ".dvc" / "config", "\n".join(lines) + "\n")


def _parsed(text: str) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read_string(text)
    except configparser.Error as error:
        said = " ".join(error.message.split())
        raise StoreError(f"that workspace's `.dvc/config` cannot be read: {said}") from error
    return config


def _seen_from_here(url: str, project: str, origin: Path | None) -> str:
    if "://" in url:
        return url
    if origin is None:
        raise StoreError(f"that workspace's remote is a folder of another machine: `{url}`")
    return posixpath.normpath(posixpath.join(str(origin), project, ".dvc", url))
