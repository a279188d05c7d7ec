"""The reference of exit codes, from the enum and from the errors that end with them."""

from collections.abc import Iterator

from docs.making.tables import code, table
from ymir.errors import Exit, YmirError

_MEANS = {
    Exit.DONE: ("done", "Nothing is left to do, and the goals are met."),
    Exit.FAILED: ("failed", "The error says what is wrong; its hint says what to do."),
    Exit.PENDING: (
        "changes are pending, or it stopped cleanly",
        "Of `plan`: `apply` would do something. Of `apply`: it was asked to stop; run it again.",
    ),
    Exit.PARKED: ("people must label", "No machine is held. `ymir labels` says what they have."),
    Exit.GOAL_MISSED: (
        "finished without the goal, or a gate blocked",
        "The report says why; edit the specs.",
    ),
    Exit.LOCKED: ("another run holds it", "`ymir lock ls` says which; wait for it, or end it."),
    Exit.STALE: (
        "the saved plan is not what would be done now",
        "`ymir plan -o FILE` again, and have it approved.",
    ),
}


_BEGIN = """\
# Exit codes

The same of all commands, and of `ymir.Exit` in Python.
"""
_END = """\
`ymir plan --no-detailed-exitcode` and `ymir apply --soft-exit` end with 0 where nothing failed, for
jobs of CI that would be red otherwise. Ctrl-C ends with 130: what is recorded stays. Each error has
its place in [Errors](errors.md).
"""


def exit_codes() -> str:
    """One row for each."""
    rows = [
        (code(str(each.value)), code(each.name), *_MEANS[each], ", ".join(_errors(each)))
        for each in Exit
    ]
    head = ("", "name", "it means", "then", "errors that end so")
    return "\n".join((_BEGIN, table(head, rows), _END))


def _errors(exit_code: Exit, kind: type[YmirError] = YmirError) -> Iterator[str]:
    """The errors of the core that end so, where their parents do not."""
    for each in kind.__subclasses__():
        if each.exit_code is exit_code and each.exit_code is not kind.exit_code:
            yield code(each.__name__)
        yield from _errors(exit_code, each)
