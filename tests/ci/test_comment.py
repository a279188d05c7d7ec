"""What the comment says, and what nobody can make it say."""

import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ci.plans import plan, saved, step
from ymir.ci.comment import ROOM, body, marker, summary
from ymir.ci.markdown import code
from ymir.ci.plan import read
from ymir.errors import SpecError


def text_of(tmp_path, *steps, **parts):
    return body(read(saved(tmp_path / "plan.json", *steps, **parts)), ".")


def test_it_begins_with_the_mark_and_sums_up(tmp_path):
    said = text_of(tmp_path, step(), step("pets/r1/mine", action="wait", why="", after=["x"]))
    lines = said.splitlines()
    assert lines[0] == "<!-- ymir:plan:. -->"
    assert "**2 stages to make** · 1.0 to 2.5 GPU-hours · 200 images to label" in lines
    assert "| `?` | `pets/r1/mine` | `after x` forward | `no history` |" in lines
    assert lines[-1] == "<sub>Plan `dddddddddddddddd` of commit `cccccccccccc`</sub>"


def test_nothing_to_do_is_no_comment_but_a_summary(tmp_path):
    settled = read(saved(tmp_path / "plan.json"))
    assert body(settled, ".") is None
    assert "**Nothing to do**" in summary(settled, ".")


def test_what_is_redone_stands_first_with_a_warning(tmp_path):
    steps = [step(f"pets/r{n}/judge") for n in range(9)]
    again = step("pets/r1/train", category="retrain", is_destructive=True)
    said = text_of(tmp_path, *steps, again)
    assert "⚠️" in said
    assert said.index("| `+` | `pets/r1/train` |") < said.index("pets/r0/judge")


def test_an_edit_has_its_kind(tmp_path):
    edit = {"project": "pets", "category": "retrain", "what": "class `cat` is gone", "effect": "e"}
    said = text_of(tmp_path, step(), edits=[{**edit, "category": "forward"}, edit])
    assert "| `pets` | ``class `cat` is gone`` | **retrain** | `e` |" in said
    assert said.index("**retrain**") < said.index("| forward |")


def test_each_workspace_of_a_repository_has_its_own_mark():
    assert marker("loops/helmet") == "<!-- ymir:plan:loops/helmet -->"
    assert "-->" not in marker("a --> b").removesuffix("-->")


@pytest.mark.parametrize("count", [3_000, 20_000])
def test_a_huge_plan_is_cut_between_rows(tmp_path, count):
    steps = [step(f"pets/r{n}/train", why="w" * 250) for n in range(count)]
    said = text_of(tmp_path, *steps)
    assert len(said) <= ROOM
    rows = [line for line in said.splitlines() if line.startswith("| `+`")]
    assert all(line.endswith(" |") for line in rows)
    assert re.search(r"… and [0-9,]+ more, which a comment has no room for\.", said)
    assert said.count("<details>") == said.count("</details>") == 1
    assert said.endswith("</sub>")


def test_many_edits_leave_room_for_the_end(tmp_path):
    edits = [{"project": "p", "category": "forward", "what": "x" * 900, "effect": "y" * 900}]
    said = text_of(tmp_path, step(), edits=edits * 2_000)
    assert len(said) <= ROOM
    assert said.endswith("</sub>")


HOSTILE = [
    "@octocat please merge",
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example)",
    "https://evil.example www.evil.example",
    "``` \n```\n# heading",
    "a`b``c```d",
    "`",
    "|\\| x | y \\",
    "\n/merge\n/close",
    "--> <!-- ymir:plan:other -->",
    "#1 !2 acme/loops#3 GH-4",
    "\u202eevil\u2066\x1b[2J\x00",
    "</details><details>",
    "::error::x",
]


class _Spans:
    """What is left of a line of Markdown once its spans of code are taken out, as GFM has them."""

    @staticmethod
    def outside(line: str) -> str:
        left, rest = "", line
        while found := re.search("`+", rest):
            fence = found[0]
            after = rest[found.end() :]
            end = re.search(f"(?<!`){fence}(?!`)", after)
            left += rest[: found.start()]
            if end is None:
                return left + fence + after
            rest = after[end.end() :]
        return left + rest


@pytest.mark.parametrize("evil", HOSTILE)
def test_texts_of_specs_stay_texts(tmp_path, evil):
    edit = {"project": evil, "category": "forward", "what": evil, "effect": evil}
    told = {"project": evil, "says": evil, "then": evil}
    plain = text_of(
        tmp_path,
        step("s", why="w"),
        edits=[{**edit, "project": "p", "what": "w", "effect": "e"}],
        projects=[{"project": "p", "says": "s", "then": "t"}],
        lacks=["l"],
    )
    said = text_of(
        tmp_path,
        step(evil, why=evil, cost={"says": evil}, action=evil),
        edits=[edit],
        projects=[told],
        lacks=[evil],
    )
    shown = "\n".join(map(_Spans.outside, said.splitlines()))
    for sign in ("@", "evil", "](", "#1", "!2", "://", "onerror"):
        assert sign not in shown
    assert re.findall("<[^>]*>", shown) == re.findall(
        "<[^>]*>", "\n".join(map(_Spans.outside, plain.splitlines()))
    )
    assert not [line for line in said.splitlines() if line.startswith("/")]
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {5}
    assert all(each.isprintable() or each == "\n" for each in said)


@given(st.text())
def test_any_text_is_one_span_of_code(text):
    span = code(text)
    assert _Spans.outside(span) == ""
    assert "\n" not in span
    assert len(span) <= 620


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.comments = []

    def handle_comment(self, data):
        self.comments.append(data)


@given(st.text(min_size=1))
def test_any_path_is_one_mark(path):
    tags = _Tags()
    tags.feed(marker(path))
    assert len(tags.comments) == 1
    assert marker(path).count("\n") == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"plan": 3}',
        '{"steps": []}',
        '{"settled": false, "steps": [3]}',
        "[" * 100_000,
        '{"settled": false, "steps": {"a": 1}}',
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path, text):
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(SpecError, match="is no plan"):
        read(file)


def test_there_is_no_such_file(tmp_path):
    with pytest.raises(SpecError, match="cannot be read"):
        read(tmp_path / "plan.json")


def test_what_a_newer_ymir_adds_is_left_alone(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(step(category="sideways", mood="good"), weather="fine")))
    assert "`pets/r1/train`" in body(read(file), ".")
