"""Secrets that this process has read, so that no output repeats them."""

_known: set[str] = set()
_LEAST = 4  # letters of a secret that are worth hiding
_MASK = "***"


def remember(secret: str) -> None:
    """Never show this text again."""
    if len(secret) >= _LEAST:
        _known.add(secret)


def masked(text: str) -> str:
    """A text without the secrets that are known, the longest first."""
    for each in sorted(_known, key=len, reverse=True):
        text = text.replace(each, _MASK)
    return text
