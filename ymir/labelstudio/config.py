"""What annotators see: the labelling interface of a batch, and its instructions."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Collection, Mapping, Sequence
from xml.sax.saxutils import quoteattr

from pydantic import JsonValue

CONTROL, IMAGE = "label", "image"  # the names of the two parts of the interface
_HOTKEYS = "1234567890"
_BULLET = re.compile(r"[-*] +|\d+[.)] +")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def interface(classes: Sequence[str]) -> str:
    """Boxes of these classes, which cannot be turned; the first ten have a key each."""
    keys = [f" hotkey={quoteattr(each)}" for each in _HOTKEYS]
    keys += [""] * (len(classes) - len(keys))
    labels = "\n".join(
        f"    <Label value={quoteattr(each)} background={quoteattr(colour(each))}{key}/>"
        for each, key in zip(classes, keys, strict=False)
    )
    return (
        f'<View>\n  <Image name="{IMAGE}" value="${IMAGE}" zoom="true" zoomControl="true"/>\n'
        f'  <RectangleLabels name="{CONTROL}" toName="{IMAGE}" canRotate="false">\n{labels}\n'
        "  </RectangleLabels>\n</View>"
    )


def colour(label: str) -> str:
    """The colour of a class, the same in every batch."""
    hue = int.from_bytes(hashlib.sha256(label.encode()).digest()[:2]) / 0x10000 * 6
    rest = round(abs(hue % 2 - 1) * 160)
    strong, middle, weak = 200, 200 - rest, 40
    by_sector = (
        (strong, middle, weak), (middle, strong, weak), (weak, strong, middle),
        (weak, middle, strong), (middle, weak, strong), (strong, weak, middle),
    )  # fmt: skip
    red, green, blue = by_sector[int(hue)]
    return f"#{red:02x}{green:02x}{blue:02x}"


def drift(parsed: object, classes: Collection[str], names: Mapping[str, str]) -> str | None:
    """How an interface differs from what was sent, in words; `parsed` is as the server reads it.

    `names` are the classes and their aliases, which people may add.
    """
    control = parsed.get(CONTROL) if isinstance(parsed, dict) else None
    if not isinstance(control, dict):
        return f"it has no control called `{CONTROL}` any more"
    if control.get("type") != "RectangleLabels" or control.get("to_name") != [IMAGE]:
        return f"its control `{CONTROL}` does not draw boxes on `{IMAGE}` any more"
    offered = _texts(control.get("labels"))
    if absent := [each for each in classes if each not in offered]:
        return f"it does not offer {_listed(absent)} any more"
    if foreign := [each for each in offered if names.get(each) not in classes]:
        return f"it offers {_listed(foreign)}, which no class is called"
    return None


def _texts(written: JsonValue) -> list[str]:
    return [str(each) for each in written] if isinstance(written, list) else []


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def as_html(text: str) -> str:
    """Instructions as a page: headings, lists and bold of Markdown; anything else is plain text."""
    blocks = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    return "\n".join(_block(each) for each in blocks if each.strip())


def _block(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) == 1 and lines[0].startswith("#"):
        return f"<h4>{_line(lines[0].lstrip('#'))}</h4>"
    if all(_BULLET.match(line) for line in lines):
        items = "".join(f"<li>{_line(_BULLET.sub('', line, count=1))}</li>" for line in lines)
        return f"<ol>{items}</ol>" if lines[0][0].isdigit() else f"<ul>{items}</ul>"
    return f"<p>{'<br>'.join(_line(line) for line in lines)}</p>"


def _line(text: str) -> str:
    return _STRONG.sub(r"<b>\1</b>", html.escape(text.strip()))
