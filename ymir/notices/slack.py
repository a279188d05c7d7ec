"""A notice as Slack's incoming webhooks take it, and Mattermost's and others that do as Slack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, JsonValue

from ymir.contracts.notice import Notice
from ymir.contracts.secret import reveal
from ymir.posting import post
from ymir.spec.base import Spec
from ymir.spec.secret import Secret

_LONGEST = 2500  # letters; a section of Slack holds 3,000


class Settings(Spec):
    """What may stand under `with`."""

    url: Secret = Field(
        description="Where the webhook's address is: whoever knows it can write to the channel."
    )


def tell(notice: Notice, settings: Mapping[str, JsonValue], workspace: Path) -> str:
    """Post it to the channel that the webhook is for."""
    asked = Settings.model_validate(dict(settings))
    body = json.dumps(shaped(notice), ensure_ascii=False).encode()
    return post(reveal(asked.url, workspace), body, {})


def shaped(notice: Notice) -> dict[str, JsonValue]:
    """The notice as blocks; `text` is what phones and old clients show."""
    title, message = _plain(notice.title), _plain(notice.message)
    blocks: list[JsonValue] = [_section(f"*{title}*\n{message}".strip())]
    if notice.link:
        blocks.append(_button("Open", notice.link))
    then = [f"`{_plain(notice.next)}`"] if notice.next else []
    reason = _plain(str(notice.condition.get("reason", "")))
    context = " · ".join([*then, reason, _plain(notice.workspace)])
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": context}]})
    return {"text": title, "blocks": blocks}


def _section(text: str) -> dict[str, JsonValue]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _button(label: str, url: str) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {"type": "plain_text", "text": label}
    return {"type": "actions", "elements": [{"type": "button", "text": shown, "url": url}]}


def _plain(text: str) -> str:
    """Without what Slack would take for a link or a call to everybody."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
