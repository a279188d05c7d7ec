"""A Vega-Lite spec becomes SVG that stands in a page: no style, no script, no address elsewhere."""

from __future__ import annotations

import json
import re
from hashlib import md5
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

from ymir.report.charts.spec import BASE, CONFIG, Spec

_SVG, _XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_CLIP = re.compile(r"\bclip\d+\b")


def svg(chart: Spec, says: str) -> Markup:
    """Draw `chart`; `says` tells in a sentence what it shows, for those who do not see it.

    Colours are the page's, by CSS variables. Marks with a description get a title to point at.
    """
    drawn = vl_convert.vegalite_to_svg(chart, config=CONFIG, allowed_base_urls=[])
    root = ElementTree.fromstring(drawn)  # noqa: S314 - what the library has just written
    for name in ("width", "height", "version", "class"):
        root.attrib.pop(name, None)
    mark = md5(json.dumps(chart, sort_keys=True).encode(), usedforsecurity=False).hexdigest()[:8]
    clips: dict[str, str] = {}
    for each in list(root.iter()):
        each.tag = each.tag.removeprefix(_SVG)
        _mend(each)
        _name_clip(each, clips, mark)
    root.attrib |= {"class": "plot", "role": "group", "aria-label": says}
    text = ElementTree.tostring(root, encoding="unicode")
    return Markup(text)  # noqa: S704 - a tree written as XML: every value in it is escaped


def _name_clip(each: ElementTree.Element, clips: dict[str, str], mark: str) -> None:
    """Vega counts clips over all charts of a process: here a chart's names are its own."""
    for name in ("id", "clip-path"):
        if (found := _CLIP.search(each.attrib.get(name, ""))) is not None:
            own = clips.setdefault(found[0], f"clip-{mark}-{len(clips)}")
            each.attrib[name] = each.attrib[name].replace(found[0], own)


def _mend(each: ElementTree.Element) -> None:
    """Links lead where they should, and say where; what Vega says of other marks is for charts."""
    address = each.attrib.pop(_XLINK, None)
    if address is not None:
        each.attrib["href"] = address.removeprefix(BASE)
        each.attrib["aria-label"] = says = each[0].attrib.get("aria-label", "")
        title = ElementTree.Element("title")
        title.text = says
        each.insert(0, title)
    for name in ("aria-roledescription", "role", *(() if address is not None else ("aria-label",))):
        each.attrib.pop(name, None)
