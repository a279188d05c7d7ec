"""The kinds of scene: one everyday kind, and a long tail of hard ones."""

from dataclasses import dataclass, replace

HATS = ("cap", "beanie", "long", "bald")
LOOK_ALIKES = ("cap", "cap", "beanie", "hood", "dyed", "bald")


@dataclass(frozen=True)
class Mode:
    """What makes one kind of scene; ranges are inclusive, heads in pixels of the picture."""

    people: tuple[int, int] = (1, 5)
    heads: tuple[float, float] = (14, 34)
    crowns: tuple[float, float] = (0.03, 0.62)  # in picture heights from the top
    helmeted: float = 0.72
    rare_helmets: float = 0.12
    hats: float = 0.12
    hat_kinds: tuple[str, ...] = HATS
    vests: float = 0.75
    things: tuple[int, int] = (0, 1)
    look_alike_things: float = 0.0
    obstacles: tuple[int, int] = (0, 0)
    weather: str = "clear"


PLAIN = "plain"
DAY = Mode(rare_helmets=0.0)
ODD_DAY = Mode()

MODES: dict[str, Mode] = {
    PLAIN: DAY,
    "rare_colour": replace(ODD_DAY, rare_helmets=1.0),
    "small": replace(ODD_DAY, people=(3, 8), heads=(8, 12), crowns=(0.2, 0.6)),
    "occluded": replace(ODD_DAY, obstacles=(1, 3)),
    "night": replace(ODD_DAY, weather="night"),
    "crowd": replace(ODD_DAY, people=(7, 13), heads=(11, 20)),
    "caps": replace(ODD_DAY, helmeted=0.12, hats=1.0, hat_kinds=LOOK_ALIKES),
    "distractor": replace(ODD_DAY, people=(0, 2), things=(4, 8), look_alike_things=0.4),
    "fog": replace(ODD_DAY, weather="fog"),
    "infrared": replace(ODD_DAY, weather="infrared"),
}
