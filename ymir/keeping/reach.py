"""How far back data are kept."""

from enum import StrEnum


class Reach(StrEnum):
    """Whose data stay: of all that git reaches, of the newest commits, or of the work trees."""

    history = "history"
    tips = "tips"
    workspace = "workspace"
