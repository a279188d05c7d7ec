"""What executors, datasets, models and projects may ask for in a workspace."""

from typing import Annotated

from pydantic import Field

from ymir.spec.base import Flag, Spec

Pattern = Annotated[str, Field(min_length=1)]


class AllowSpec(Spec):
    """What else specs may reach; `images` and `paths` are said beside it."""

    commands: Flag = Field(
        default=True,
        description="Executors may be commands of this machine, and set the environment of bundled "
        "ones; `false`: only images, and bundled executors as they are.",
    )
    network: Flag = Field(
        default=True, description="Executors may ask for the network in their containers."
    )
    root: Flag = Field(
        default=True, description="Executors may ask to run as root in their containers."
    )
    hosts: tuple[Pattern, ...] = Field(
        default=("*",),
        description="Where data, models and catalogues may come from and label tools may be, as "
        "patterns: `*.acme.example`, `s3://acme-*`.",
    )
    secrets: tuple[Pattern, ...] = Field(
        default=("*",),
        description="Variables and files whose secrets projects may send to label tools, as "
        "patterns: `LABEL_*`, `secrets/*`.",
    )
