"""What became of work that is not done yet, in words."""

from ymir.reconcile import Interrupted, Resumed
from ymir.travel.checkpoints import Arrival


def unfinished_words(event: Interrupted | Resumed) -> str:
    """What became of it, and from where it goes on."""
    match event:
        case Interrupted(_, share, True):
            return f"stopped{_at(share)}; goes on from its checkpoint"
        case Interrupted():
            return "stopped; it left no checkpoint, and begins again"
        case Resumed(_, Arrival(share, None)):
            return f"goes on where another run stopped{_at(share)}"
        case Resumed(_, Arrival(_, why)):
            return f"begins again: a checkpoint is kept, but {why}"


def _at(share: float | None) -> str:
    return "" if share is None else f" at {share:.0%}"
