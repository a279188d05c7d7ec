"""Answers of people, written down shortly."""

import polars as pl

from ymir.data.answers import ANSWERS

_BLANK = {"copy": 1, "by": None, "at": None, "seconds": None, "star": False, "why": None}
_BARE = {"score": None, "crowd": False, "mask": None, "attributes": []}


def drawn(label="cat", x=0.0, y=0.0, w=10.0, h=10.0, **more):
    """One object."""
    sides = {"x": float(x), "y": float(y), "w": float(w), "h": float(h)}
    return {**_BARE, "label": label, **sides, **more}


def answers(*rows):
    """Answers, each as the image, its objects and what else is known."""
    full = [
        {**_BLANK, "image": image, "state": "labelled", "objects": objects, **more}
        for image, objects, more in rows
    ]
    return pl.DataFrame(full, schema=ANSWERS)
