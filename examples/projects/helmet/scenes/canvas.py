"""A picture and, drawn along with it, the map of whose head every pixel belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scenes.palette import Colour

SIZE = 192  # pixels of a finished picture
SCALE = 2  # everything is drawn larger and reduced at the end, which smooths the edges
MARGIN = 5  # pixels the camera may move to each side
SIDE = SCALE * (SIZE + 2 * MARGIN)
NOBODY = 0

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Canvas:
    """Shapes are drawn with a colour; one that has an `owner` also claims its pixels for it."""

    picture: Image.Image
    owners: Image.Image
    _paint: ImageDraw.ImageDraw
    _claim: ImageDraw.ImageDraw

    def ellipse(self, box: Box, colour: Colour, owner: int | None = None) -> None:
        """Draw a filled ellipse."""
        self._paint.ellipse(box, fill=colour)
        if owner is not None:
            self._claim.ellipse(box, fill=owner)

    def rectangle(self, box: Box, colour: Colour, owner: int | None = None) -> None:
        """Draw a filled rectangle."""
        self._paint.rectangle(box, fill=colour)
        if owner is not None:
            self._claim.rectangle(box, fill=owner)

    def rounded(self, box: Box, radius: float, colour: Colour, owner: int | None = None) -> None:
        """Draw a filled rectangle with round corners."""
        self._paint.rounded_rectangle(box, radius=radius, fill=colour)
        if owner is not None:
            self._claim.rounded_rectangle(box, radius=radius, fill=owner)

    def chord(
        self, box: Box, angles: tuple[float, float], colour: Colour, owner: int | None = None
    ) -> None:
        """Draw the part of an ellipse that a straight cut between two angles leaves."""
        self._paint.chord(box, *angles, fill=colour)
        if owner is not None:
            self._claim.chord(box, *angles, fill=owner)

    def claim_chord(self, box: Box, angles: tuple[float, float], owner: int) -> None:
        """Give the pixels of a chord to `owner` and leave the picture as it is."""
        self._claim.chord(box, *angles, fill=owner)

    def polygon(
        self, points: Sequence[tuple[float, float]], colour: Colour, owner: int | None = None
    ) -> None:
        """Draw a filled polygon."""
        self._paint.polygon(points, fill=colour)
        if owner is not None:
            self._claim.polygon(points, fill=owner)

    def line(self, box: Box, colour: Colour, width: float, owner: int | None = None) -> None:
        """Draw a straight line, at least one pixel wide."""
        self._paint.line(box, fill=colour, width=max(1, int(width)))
        if owner is not None:
            self._claim.line(box, fill=owner, width=max(1, int(width)))

    def arc(self, box: Box, angles: tuple[float, float], colour: Colour, width: float) -> None:
        """Draw a part of an ellipse's outline; it claims nothing."""
        self._paint.arc(box, *angles, fill=colour, width=max(1, int(width)))

    def ring(self, box: Box, colour: Colour, width: float) -> None:
        """Draw an ellipse's outline; it claims nothing."""
        self._paint.ellipse(box, outline=colour, width=max(1, int(width)))

    def pixels_of(self, owner: int) -> int:
        """How many pixels `owner` holds so far."""
        return self.owners.histogram()[owner]


def canvas_of(pixels: np.ndarray) -> Canvas:
    """A canvas whose picture starts as `pixels` and where nobody stands yet."""
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    owners = Image.new("L", picture.size, NOBODY)
    return Canvas(picture, owners, ImageDraw.Draw(picture), ImageDraw.Draw(owners))


def around(x: float, y: float, width: float, height: float) -> Box:
    """The box of a given size centred on a point."""
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
