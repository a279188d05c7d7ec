"""The browser of the tests hears what goes wrong in a page."""

import pytest

from tests.browsing import a_browser, faults, watched

pytestmark = a_browser
SAID = {
    "asks": "<img src='http://127.0.0.1:9/x.png'>",
    "fails": "<script>setTimeout(() => { throw new Error('fails here') })</script>",
    "complains": "<script>console.error('complains so')</script>",
}


@pytest.mark.parametrize("word", SAID)
def test_a_page_that_asks_or_fails_or_complains_fails_its_test(browser, word, tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><title>t</title>{SAID[word]}")
    with pytest.raises(AssertionError, match=word):
        _open(browser, path.as_uri())


def _open(browser, address):
    with watched(browser) as page:
        page.goto(address)
        page.wait_for_timeout(50)


def test_a_page_may_show_files_that_lie_beside_it(page, tmp_path):
    (tmp_path / "dot.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg' width='7'/>")
    (tmp_path / "page.html").write_text("<!doctype html><img alt='' src='dot.svg'>")
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.images[0].naturalWidth") == 7


def test_axe_finds_a_button_without_a_name(page):
    page.set_content("<html lang='en'><title>t</title><main><h1>t</h1><button></button></main>")
    assert [each.split()[0] for each in faults(page)] == ["button-name"]
