"""What annotators see is made of a list of classes and a text, whatever stands in them."""

from xml.etree import ElementTree

import pytest

from ymir.labelstudio.config import as_html, colour, drift, interface

PARSED = {"label": {"type": "RectangleLabels", "to_name": ["image"], "labels": ["cat", "dog"]}}
NAMES = {"cat": "cat", "kitten": "cat", "dog": "dog"}


def labels(classes):
    return list(ElementTree.fromstring(interface(classes)).iter("Label"))  # noqa: S314 - our own


def test_each_class_has_its_colour_wherever_it_stands():
    there = {each.get("value"): each.get("background") for each in labels(["cat", "dog", "cow"])}
    assert there["dog"] == labels(["dog"])[0].get("background") == colour("dog")
    assert len(set(there.values())) == 3


def test_the_first_ten_classes_have_a_key_each():
    keys = [each.get("hotkey") for each in labels([f"c{number}" for number in range(12)])]
    assert keys == [*"1234567890", None, None]


def test_a_class_may_be_called_anything():
    names = ['"><Label value="x"/>', "a & b", "'single' \"double\"", "帽"]
    assert [each.get("value") for each in labels(names)] == names


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("one\ntwo\r\n\r\nthree", "<p>one<br>two</p>\n<p>three</p>"),
        ("# Title", "<h4>Title</h4>"),
        ("1. one\n2. **two**", "<ol><li>one</li><li><b>two</b></li></ol>"),
        ("* a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("<img src=x onerror=y>", "<p>&lt;img src=x onerror=y&gt;</p>"),
        ('- **<a href="javascript:x">**', "<ul><li><b>&lt;a href=&quot;javascript:x&quot;&gt;</b>"),
    ],
)
def test_instructions_are_plain_text_with_a_little_markdown(text, html):
    assert as_html(text).startswith(html)
    assert "<img" not in as_html(text)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["cat", "dog"], None),
        (["dog", "kitten", "cat"], None),
        (["cat"], "does not offer `dog`"),
        (["cat", "dog", "cow"], "it offers `cow`"),
    ],
)
def test_only_what_was_changed_for_the_worse_is_told(labels, said):
    found = drift({"label": {**PARSED["label"], "labels": labels}}, ("cat", "dog"), NAMES)
    assert (said in found) if said else found is None


@pytest.mark.parametrize("parsed", [None, [], {}, {"label": 3}, {"label": {"type": "Choices"}}])
def test_anything_else_is_drift_too(parsed):
    assert drift(parsed, ("cat",), NAMES)
