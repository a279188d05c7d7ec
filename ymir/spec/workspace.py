"""What holds for a whole workspace."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from ymir.spec.allow import AllowSpec, Pattern
from ymir.spec.base import ApiVersion, Flag, Name, Spec, Use
from ymir.spec.lease import LeaseSpec
from ymir.spec.notify import NotifySpec
from ymir.spec.scope import plugin
from ymir.vault import address_without_secret

Folder = Annotated[str, Field(min_length=1)]


class BackendSpec(Use):
    """Where jobs run."""

    plugins: ClassVar[str] = "backends"

    use: Annotated[Name, plugin("backends", "backend")] = Field(
        default="process", description="The backend's name."
    )


def _by_name(value: object) -> object:
    return {"use": value} if isinstance(value, str) else value


Backend = Annotated[
    BackendSpec, BeforeValidator(_by_name, json_schema_input_type=BackendSpec | Name)
]


def _one_line(remote: str) -> str:
    """Refuse an address with a password in it, or more than an address, without repeating it."""
    if not address_without_secret(remote):
        raise ValueError(
            "holds a password: leave it out, and say `dvc remote modify --local ymir password …`"
        )
    if not remote.isprintable() or remote.startswith("-"):
        raise ValueError("must be a folder or an address, on one line")
    return remote


class WorkspaceSpec(Spec):
    """Backend, remote, allowed folders, git behaviour. All of it may be left out."""

    model_config = ConfigDict(json_schema_extra={"required": ["apiVersion", "kind"]})

    apiVersion: ApiVersion = "ymir/v1"  # noqa: N815 - the spelling Kubernetes users know
    kind: Literal["Workspace"] = Field(
        default="Workspace", description="What this document describes."
    )
    backend: Backend = Field(
        default=BackendSpec(),
        description="Where jobs run: a backend by its name, or as `use` and `with`.",
    )
    remote: Annotated[Folder, AfterValidator(_one_line)] | None = Field(
        default=None, description="Where `ymir push` stores data: a folder or a DVC remote URL."
    )
    paths: tuple[Folder, ...] = Field(
        default=(".",), description="Datasets may be read from these folders and what is in them."
    )
    images: tuple[Pattern, ...] = Field(
        default=("*",),
        description="Container images that may run here, as patterns: `ghcr.io/acme/*`.",
    )
    allow: AllowSpec = Field(
        default=AllowSpec(), description="What else specs may ask for: programs, hosts, secrets."
    )
    commit: Flag = Field(default=True, description="One git commit per finished stage.")
    suspend: Flag = Field(
        default=False, description="`ymir apply` makes nothing, of any project or dataset."
    )
    push: Flag = Field(
        default=False,
        description="`ymir apply` sends what it recorded: data to the remote, then commits.",
    )
    lease: LeaseSpec = Field(
        default=LeaseSpec(),
        description="How runs on several machines keep apart: one works on a project at a time.",
    )
    notify: tuple[NotifySpec, ...] = Field(
        default=(), description="Who is told when something changes how a project stands."
    )
