"""The pages right in `docs/`, the tutorial among them, followed literally."""

from pathlib import Path

import pytest

from tests.docs.following import follow, runnable
from tests.docs.pages import DOCS, Page

ABOVE = [case for case in runnable() if case.values[0].path.parent == DOCS]


@pytest.mark.parametrize("page", ABOVE)
def test_what_a_page_shows_is_what_happens(page: Page, tmp_path: Path) -> None:
    follow(page, tmp_path)
