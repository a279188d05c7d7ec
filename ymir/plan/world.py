"""What the specs refer to that no version records: files to import, programs to run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

UNREAD = "unread"  # not looked at: files whose import will say what they hold; an image that is
# not on this machine


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
    evaluator: str = ""
