"""What specs ask for and `Workspace` does not allow, said before anything is planned."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from pydantic import JsonValue

from ymir.spec.addresses import OBJECTS, local_path, scheme_of
from ymir.spec.allow import AllowSpec
from ymir.spec.complaints import Complaint
from ymir.spec.dataset import DatasetSpec
from ymir.spec.document import Checked
from ymir.spec.executor import ExecutorSpec
from ymir.spec.mistakes import Mistake, one_of
from ymir.spec.model import ModelSpec
from ymir.spec.project import ProjectSpec
from ymir.spec.secret import SecretSource, references
from ymir.spec.tree import Path
from ymir.spec.workspace import WorkspaceSpec


def not_allowed(entries: Sequence[Checked]) -> Iterator[Mistake]:
    """Every field that asks for more than `allow` of the `Workspace` that rules."""
    specs = (entry.spec for entry in entries)
    rules = next((s.allow for s in specs if isinstance(s, WorkspaceSpec)), AllowSpec())
    for entry in entries:
        match entry.spec:
            case ExecutorSpec() as executor:
                found = list(_of_executor(executor, rules))
            case DatasetSpec() | ModelSpec() | ProjectSpec() as spec:
                written = {"from": entry.document.value.get("from")}
                if isinstance(spec, ProjectSpec):
                    written = {"label": entry.document.value.get("label")}
                found = [*_of_hosts(written, rules), *_of_secrets(written, rules)]
            case _:
                continue
        yield from map(entry.document.mistake, found)


def _of_executor(executor: ExecutorSpec, rules: AllowSpec) -> Iterator[Complaint]:
    is_command = executor.image is None and executor.bundled is None
    if not rules.commands and is_command:
        yield _refused(("command",), "is a command of this machine", "commands")
    if not rules.commands and executor.bundled is not None and executor.env:
        yield _refused(("env",), "can make a bundled executor run something else", "commands")
    if not rules.network and executor.network:
        yield _refused(("network",), "lets the program out into the network", "network")
    if not rules.root and executor.run_as_root:
        yield _refused(("run_as_root",), "makes the program root in its container", "root")


def _refused(path: Path, what: str, rule: str) -> Complaint:
    return Complaint(path, f"{what}, which `Workspace` does not allow (`allow: {rule}`)")


def _of_hosts(written: JsonValue, rules: AllowSpec) -> Iterator[Complaint]:
    for path, text in _texts(written):
        host = host_of(text)
        if host is not None and not _fits(host, rules.hosts):
            why = f"leads to `{host}`, which `Workspace` does not allow: {one_of(rules.hosts)}"
            yield Complaint(path, why)


def _of_secrets(written: JsonValue, rules: AllowSpec) -> Iterator[Complaint]:
    for path, secret in references(written):
        if not _fits(_named(secret), rules.secrets):
            choice = one_of(rules.secrets)
            why = f"is {secret.place}, which `Workspace` does not allow to be used: {choice}"
            yield Complaint(path, why)


def host_of(address: str) -> str | None:
    """Where an address leads to: a host, or a store and its bucket; None for what is none."""
    if scheme_of(address) in OBJECTS:
        return "/".join(address.split("/")[:3])
    if "://" not in address:
        is_ssh = local_path(address) is None
        return address.partition("@")[2].partition(":")[0].lower() if is_ssh else None
    try:
        host = urlsplit(address).hostname
    except ValueError:  # what it is for says what is wrong with it
        return None
    return host.rstrip(".") if host else None


def _named(secret: SecretSource) -> str:
    return secret.env or posixpath.normpath(secret.file or "")


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, each) for each in patterns)


def _texts(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, each in value.items():
                yield from _texts(each, (*path, name))
        case list():
            for place, each in enumerate(value):
                yield from _texts(each, (*path, place))
