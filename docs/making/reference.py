"""The pages of the reference that the code itself writes."""

from collections.abc import Mapping
from functools import cache

from docs.making.commands import commands
from docs.making.exits import exit_codes
from docs.making.kinds import kinds
from docs.making.plugins import plugins
from docs.making.python import python
from docs.making.reports import report_json

_INDEX = """\
# Reference

What exactly there is, written by the code itself at each build.

| of | there is |
|---|---|
| specs | [Project](specs/project.md), [Dataset](specs/dataset.md), [Labels](specs/labels.md), \
[Executor](specs/executor.md), [Model](specs/model.md), [Workspace](specs/workspace.md) |
| the terminal | [commands](commands.md), [exit codes](exit-codes.md), [errors](errors.md), \
[what a plan says](../repository/specs/plan.md) |
| programs | [Python](python.md), [report.json](report.md), \
[conditions, notices, events, metrics](../repository/specs/conditions.md) |
| your own part of it | [plugins](plugins.md), [executors](../repository/executors/README.md) |
| trust | [security](../repository/SECURITY.md), \
[what ymir survives](../reliability.md) |
"""


@cache
def pages() -> Mapping[str, str]:
    """Address -> text, in the order of the navigation."""
    made = {
        **kinds(),
        "reference/commands.md": commands(),
        "reference/exit-codes.md": exit_codes(),
        "reference/python.md": python(),
        "reference/report.md": report_json(),
        "reference/plugins.md": plugins(),
    }
    return {"reference/index.md": _INDEX, **made}
