"""The harness itself: pages are taken apart, typed and compared as `docs/README.md` says."""

from pathlib import Path

import pytest

from tests.docs.following import follow
from tests.docs.pages import Page, read
from tests.docs.specs import why_wrong
from tests.docs.transcript import Typed, fits, transcript
from tests.docs.typed import commands, refuse


def page(tmp_path: Path, text: str) -> Page:
    file = tmp_path / "page.md"
    file.write_text(text)
    return read(file)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("", "whatever"),
        ("12 images", "7 images"),
        ("mAP 0.859 at 1a2b3c4d5e", "mAP 0.9 at ffee0011223344"),
        ("a  b\n", "a b"),
        ("first\n…\nlast", "first\nmore\nand more\nlast\n"),
        ("first\n…\nlast", "first\nlast"),
        ("… in `reports/`", "made 3 pages in `reports/`"),
        ("goal (met)", "goal (met)"),
    ],
)
def test_what_is_shown_fits(shown: str, said: str) -> None:
    assert fits(shown, said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("12 images", "12 images and more"),
        ("12 images", "images"),
        ("first\n…", "second"),
        ("a.c", "abc"),
        ("…\nlast", "last\nbut one"),
        ("one\n…\none", "one"),
        (" … ".join("abcdefgh") + " … never", "a b c d e f g h " * 1000),
    ],
)
def test_what_is_shown_does_not_fit(shown: str, said: str) -> None:
    assert not fits(shown, said)


def test_a_transcript_is_commands_and_what_they_say() -> None:
    text = "$ one  # ends with exit 3\nsaid\n> said\n\n$ cat <<X\n> in\n> X\nout\n"
    assert transcript(text, 10) == [
        Typed("one  # ends with exit 3", "said\n> said\n\n", 11),
        Typed("cat <<X\nin\nX", "out\n", 15),
    ]
    assert transcript(text)[0].codes == (3,)
    assert 1 not in transcript(text)[1].codes


def test_a_transcript_begins_with_a_command() -> None:
    with pytest.raises(AssertionError, match="line 2: a block `console` begins with"):
        transcript("ymir plan\n")


FOLLOWED = """\
---
run: true
setup: ["export WORD=there"]
---
```yaml title="in/a.yaml"
a: 1
```
```sh
# b.sh
echo "$WORD"
```
```console
$ cat in/a.yaml && mkdir deep && cd deep
a: 7
$ sh ../b.sh
there
$ ls ~ >&2; false      # exit 1
$ cat                  # nobody types here
```
"""


def test_a_page_is_followed_from_its_top_to_its_end(tmp_path: Path) -> None:
    follow(page(tmp_path, FOLLOWED), tmp_path)
    assert (tmp_path / "here" / "b.sh").read_text() == '# b.sh\necho "$WORD"\n'


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("\nthere\n", "\nelsewhere\n", r"sh ../b.sh\nsaid\nthere\n"),
        ("      # exit 1", "", r"ended with 1, not \(0, 2, 3\)"),
        ("# exit 1", "# exit 2", r"ended with 1, not \(2,\)"),
        ("$ cat in/a.yaml", "$ exit 5 #", "the shell ended within `exit 5"),
    ],
)
def test_a_page_that_is_not_true_fails(tmp_path: Path, before: str, after: str, why: str) -> None:
    assert FOLLOWED.count(before) == 1
    with pytest.raises(AssertionError, match=why):
        follow(page(tmp_path, FOLLOWED.replace(before, after)), tmp_path)


def test_the_ymir_commands_of_a_line_are_found() -> None:
    line = "A=1 ymir apply --push >x 2>&1 && echo ymir | ymir plan -C 'a b'  # then ymir gc"
    assert [*commands(line)] == [["apply", "--push"], ["plan", "-C", "a b"]]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("aply", "`aply` is no command"),
        ("labels sho", "`sho` is no command"),
        ("plan --explian x", "No such option: --explian"),
        ("executor setup", "Missing argument"),
        ("report --round first", "valid integer"),
        ("schema Project twice", "unexpected extra argument"),
    ],
)
def test_what_ymir_would_not_take_is_refused(words: str, why: str) -> None:
    assert why in str(refuse(words.split()))


@pytest.mark.parametrize(
    "words",
    ["", "--version", "executor", "labels --open", "plan --help", "apply no/such/file.json"],
)
def test_what_ymir_takes_is_not_refused(words: str) -> None:
    assert refuse(words.split()) is None


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: ymir/v1\nkind: Labels\nclasses: [a]",
        "kind: Dataset\nthen: [{op: dedupe}]",
        "kind: Project\nname: a\n---\nlabel: {use: existing}",
        "goal: {map: 0.9}\nmine: {topk: 3}",
    ],
)
def test_a_spec_and_a_part_of_one_are_right(text: str) -> None:
    assert not [*why_wrong(text)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("apiVersion: ymir/v1\nkind: Lables\nclasses: [a]", "no kind is called `Lables`"),
        ("apiVersion: ymir/v1\nkind: Project\nname: a", "required"),
        ("kind: Project\nclasses: [a]", "no kind has all of kind, classes"),
        ("goal: {mapp: 0.9}", "mapp"),
        ("goal: {map: 0.9}\nclasses: [a]", "no kind has all of goal, classes"),
        ("- a", "not a mapping"),
        ("kind: Labels\nclasses: []", "$.classes"),
    ],
)
def test_a_spec_that_is_wrong_is_named(text: str, why: str) -> None:
    assert why in "".join(why_wrong(text))
