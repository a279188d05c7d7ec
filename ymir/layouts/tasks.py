"""Which image a task of Label Studio is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ymir.layouts.names import Names, NoImageError
from ymir.media.files import is_image

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what the server puts before a file's name


def image_of(data: Mapping[str, Any], names: Names) -> str:
    """The image of a task: the longest end of its address that is there."""
    texts = [data.get("image"), *data.values()]
    address = next(
        (each for each in texts if isinstance(each, str) and is_image(_path(each))), None
    )
    if address is None:
        raise NoImageError("its `data` names no jpg or png")
    parts = [each for each in _path(address).split("/") if each not in ("", ".", "..")]
    ends = ["/".join(parts[at:]) for at in range(len(parts))]
    for end in (*ends, _UPLOADED.sub("", parts[-1])):
        try:
            return names.find(end)
        except NoImageError as error:
            problem = error
    raise problem


def _path(address: str) -> str:
    """The path in an address, or the one that stands behind `?d=`."""
    try:
        url = urlsplit(address)
    except ValueError:
        return address
    if "local-files" in url.path:
        return parse_qs(url.query).get("d", [""])[0]
    return unquote(url.path) if url.scheme or url.path.startswith("/data/") else address
