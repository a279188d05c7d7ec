"""What the specs refer to that no version records: files to import, programs to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ymir.data.balance import Balance

UNREAD = "unread"  # not looked at: files whose import will say what they hold; an image that is
# not on this machine


@dataclass(frozen=True)
class Listed:
    """Images that a project wants labelled again: how many, in which files, and their digest."""

    digest: str
    images: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Looked:
    """How a batch that people have stood when somebody looked at it last, on this machine."""

    balance: Balance
    at: float  # seconds since 1970
    changed: int = 0  # images of a batch that was taken in, whose answers are others now
    key: str = ""  # of the batch, as `send` records it
    answers: str = ""  # the digest of what was answered
    why: str = ""  # why its tool could not be asked later than that


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
    batches: Mapping[str, Looked] = field(default_factory=dict)  # `send` stage -> last look at it
    pulled: Mapping[str, str] = field(
        default_factory=dict
    )  # `label` stage that is made again -> digest of the answers that it takes in
    closed: frozenset[str] = frozenset()  # `label` stages that take what is done, and wait no more
    now: float = field(default=0.0, compare=False)  # seconds since 1970
    evaluator: str = ""
