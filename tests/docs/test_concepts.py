"""The pages in `docs/concepts/`, followed literally."""

from pathlib import Path

import pytest

from tests.docs.following import follow, runnable
from tests.docs.pages import Page


@pytest.mark.parametrize("page", runnable("concepts"))
def test_what_a_page_shows_is_what_happens(page: Page, tmp_path: Path) -> None:
    follow(page, tmp_path)
