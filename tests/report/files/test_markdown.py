"""What others chose as names stands in Markdown as text, and does nothing."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.report.files.markdown import block, code, sentence, table

HOSTILE = [
    "<script>alert(1)</script>",
    "a | b",
    "`code` ``more``",
    "[click](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "@everyone #12 https://example.org www.example.org",
    "\\| \\` </code>",
    "**bold** _under_ ~~gone~~",
    "# head\n\n- list\r\n> quote",
]


def test_a_plain_name_is_a_code_span() -> None:
    assert code("no_helmet_head") == "`no_helmet_head`"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_and_does_nothing(name: str) -> None:
    shown = code(name)
    inside = shown.removeprefix("<code>").removesuffix("</code>")
    assert not set(inside) & set("<>|`*_[]()!@:\\~\n\r")
    assert unescape(inside) == " ".join(name.split())


@given(st.text(max_size=200))
def test_any_name_is_one_cell_of_a_table(name: str) -> None:
    cell = code(name)
    assert cell.count("|") == 0
    assert len(cell.splitlines()) == 1
    assert len(cell) <= 60 * len("&#1114111;") + len("<code></code>")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_sentence_links_and_names_nobody(text: str) -> None:
    shown = sentence(text)
    for what in ("<", "`", "|", "*", "_", "[", "@", "https:", "www.", "\n", "![", "\\"):
        assert what not in shown
    assert unescape(shown).replace("\N{WORD JOINER}", "") == " ".join(text.split())


def test_a_plain_sentence_stays_as_it_is() -> None:
    says = "The same as round 3 was judged on: 1,200 images (0f3a), mAP 0.571 ± 0.012."
    assert sentence(says) == says


@pytest.mark.parametrize("text", [*HOSTILE, "```\n# head\n````"])
def test_a_command_cannot_leave_its_block(text: str) -> None:
    fence, inside, last, rest = block(text).split("\n")
    assert set(fence) == {"`"}
    assert (last, rest) == (fence, "")
    assert fence not in inside
    assert inside == " ".join(text.split())


def test_what_turns_or_hides_text_is_left_out() -> None:
    assert sentence("a\u202eb\u200bc\x1b[31m") == "a b c &#91;31m"
    assert code("\u202etxt.exe") == "`txt.exe`"


def test_figures_stand_to_the_right() -> None:
    assert (
        table(("class", "AP:"), [("`a`", "0.5")])
        == "| class | AP |\n| --- | ---: |\n| `a` | 0.5 |\n"
    )
