"""The pages of the reference that the code itself writes."""

from collections.abc import Mapping
from functools import cache

from docs.making.commands import commands
from docs.making.exits import exit_codes
from docs.making.kinds import kinds
from docs.making.plugins import plugins
from docs.making.python import python
from docs.making.reports import report_json


@cache
def pages() -> Mapping[str, str]:
    """Address -> text, in the order of the navigation."""
    return {
        **kinds(),
        "reference/commands.md": commands(),
        "reference/exit-codes.md": exit_codes(),
        "reference/python.md": python(),
        "reference/report.md": report_json(),
        "reference/plugins.md": plugins(),
    }
