import pytest

from ymir.documents import DEEPEST, IllegibleError, yaml_of

BOMB = "a: &a [x, x]\n" + "".join(f"{n}: &a [*a, *a]\n" for n in range(60))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "{a: " * 50_000,
        "".join(" " * n + "a:\n" for n in range(DEEPEST + 5)) + "[" * 3_000,
    ],
    ids=["lists", "items", "keys", "mappings", "indented"],
)
def test_no_depth_ends_the_process(text):
    with pytest.raises(IllegibleError, match="nested more than 100 levels deep"):
        yaml_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "x: !!bool maybe",
        "x: !!timestamp never",
        "x: !!int z",
        "x: !!python/object/apply:os.system [id]",
        "x: 2026-13-45",
        "x: [",
        "a: 1\n--- \nb: 2",
        "\x00",
        b"\xff\xfe\xff",
        "? {a: [b]}\n: c",
        "\ud800",
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text):
    with pytest.raises(IllegibleError, match=r"\A[^\n]+\Z"):
        yaml_of(text)


def test_aliases_are_refused_unless_they_are_wanted():
    with pytest.raises(IllegibleError, match="the alias `\\*a` is not read"):
        yaml_of(BOMB)
    assert yaml_of("a: &a [x]\nb: *a", aliases=True) == {"a": ["x"], "b": ["x"]}


def test_a_long_text_that_is_not_deep_is_read():
    assert len(yaml_of("- {a: [1, 2]}\n" * 3_000)) == 3_000
