"""A notice as JSON, sent to a server of yours; signed where there is a secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, JsonValue, PlainValidator

from ymir.contracts.notice import Notice
from ymir.contracts.secret import reveal
from ymir.posting import post
from ymir.spec.base import Spec
from ymir.spec.secret import Secret, SecretSource

SIGNATURE = "X-Ymir-Signature-256"

_ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?")


def _address(value: object) -> SecretSource | str:
    """Refuse a written address that is none or may hold a password, without repeating it."""
    if not isinstance(value, str):
        return SecretSource.model_validate(value)
    if not _ADDRESS.fullmatch(value):
        raise ValueError(
            "must be an address such as `https://alerts.example/ymir`, without user, password or "
            "query; one that holds a token is a secret: say `{env: NAME}` or `{file: PATH}`"
        )
    return value


class Settings(Spec):
    """What may stand under `with`."""

    url: Annotated[
        SecretSource | str,
        PlainValidator(_address, json_schema_input_type=SecretSource | str),
    ] = Field(
        description="The address of the server; where it holds a token, `{env: NAME}` or "
        "`{file: PATH}`."
    )
    secret: Secret | None = Field(
        default=None,
        description="With which each notice is signed: the header `X-Ymir-Signature-256` is "
        "`sha256=` and the HMAC of the body.",
    )


def tell(notice: Notice, settings: Mapping[str, JsonValue], workspace: Path) -> str:
    """Post it; any answer from 200 to 299 is good."""
    asked = Settings.model_validate(dict(settings))
    body = json.dumps(notice.data(), ensure_ascii=False).encode()
    signed = {"X-Ymir-Notice": notice.id}
    if asked.secret:
        key = reveal(asked.secret, workspace).encode()
        signed[SIGNATURE] = f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    url = asked.url if isinstance(asked.url, str) else reveal(asked.url, workspace)
    return post(url, body, signed)
