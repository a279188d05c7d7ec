"""Which shots each data set holds: how many, of which modes, in how long clips."""

from dataclasses import dataclass

import numpy as np

from scenes.modes import MODES, PLAIN

HARD = tuple(name for name in MODES if name != PLAIN)


@dataclass(frozen=True)
class Profile:
    """What a data set is made of; the hard modes share equally what is not plain."""

    images: int
    plain: float
    longest_clip: int = 1


@dataclass(frozen=True)
class Shot:
    """One picture to draw; equal seeds mean the same people at the same place."""

    name: str
    mode: str
    seed: tuple[int, ...]
    frame: int


PROFILES = {
    "train": Profile(60, plain=0.95),
    "val": Profile(80, plain=0.5),
    "test": Profile(360, plain=0.5),
    "pool": Profile(1200, plain=0.76, longest_clip=6),
}


def shots_of(data_set: str, seed: int) -> tuple[Shot, ...]:
    """Every picture of a data set, in the order of their names."""
    profile = PROFILES[data_set]
    chance = np.random.default_rng((seed, list(PROFILES).index(data_set)))
    clips = [
        (mode, length)
        for mode, count in _counts(profile).items()
        for length in _clip_lengths(chance, count, profile.longest_clip)
    ]
    order = chance.permutation(len(clips)).tolist()
    return tuple(
        Shot(_name(data_set, number, frame), clips[chosen][0], _seed(seed, data_set, number), frame)
        for number, chosen in enumerate(order)
        for frame in range(clips[chosen][1])
    )


def _counts(profile: Profile) -> dict[str, int]:
    """How many pictures of each mode, adding up to the profile's number."""
    plain = round(profile.images * profile.plain)
    each, left_over = divmod(profile.images - plain, len(HARD))
    hard = {name: each + (place < left_over) for place, name in enumerate(HARD)}
    return {PLAIN: plain, **hard}


def _clip_lengths(chance: np.random.Generator, count: int, longest: int) -> list[int]:
    lengths: list[int] = []
    while sum(lengths) < count:
        wanted = int(chance.integers(1, longest + 1))
        lengths.append(min(wanted, count - sum(lengths)))
    return lengths


def _name(data_set: str, number: int, frame: int) -> str:
    if PROFILES[data_set].longest_clip > 1:
        return f"clip-{number:04d}-f{frame + 1}.jpg"
    return f"{data_set}-{number:04d}.jpg"


def _seed(seed: int, data_set: str, number: int) -> tuple[int, ...]:
    return seed, list(PROFILES).index(data_set), number
