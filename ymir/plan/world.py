"""What the specs refer to that no version records: files to import, programs to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

UNREAD = "unread"  # not looked at: files whose import will say what they hold; an image that is
# not on this machine


@dataclass(frozen=True)
class Listed:
    """Images that a project wants labelled again: how many, in which files, and their digest."""

    digest: str
    images: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Seen just before planning, so that planning itself looks at nothing."""

    sources: Mapping[str, str] = field(default_factory=dict)  # dataset -> digest, or `UNREAD`;
    # absent: there is no folder
    executors: Mapping[str, str] = field(
        default_factory=dict
    )  # executor -> digest of its program, or `UNREAD`
    failures: Mapping[str, str] = field(default_factory=dict)  # recipe digest -> why its job failed
    generations: Mapping[str, int] = field(
        default_factory=dict
    )  # project -> asked for by --restart
    relabel: Mapping[str, Listed] = field(default_factory=dict)  # project -> what its lists say
    evaluator: str = ""
