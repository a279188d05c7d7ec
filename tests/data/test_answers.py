"""A batch always adds up, and what changed in it is found."""

from dataclasses import asdict

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.data.answered import answers, drawn
from ymir.data.answers import balance, changed, chosen, digest
from ymir.data.balance import Balance, balance_of

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.lists(st.builds(drawn, st.sampled_from(["cat", "dog"])), max_size=2),
        st.fixed_dictionaries(
            {
                "state": st.sampled_from(["labelled", "skipped", "rejected"]),
                "copy": st.sampled_from([1, 2]),
                "by": st.sampled_from(["ann", "bob", None]),
                "at": st.sampled_from(["1", "2", None]),
            }
        ),
    ),
    max_size=8,
)


@given(ROWS, st.sets(st.sampled_from("abcd")))
def test_whatever_is_answered_a_batch_adds_up(rows, twice):
    said = answers(*rows)
    sent = pl.Series(list("abcd"))
    counted = balance(sent, pl.Series(sorted(twice), dtype=pl.String), said, chosen(said))
    assert counted.gap == 0
    assert counted.sent == 4
    assert counted.reviewed <= counted.reviews == len(twice)
    assert balance_of({**asdict(counted), "reasons": {}}) == counted


@given(ROWS, st.randoms())
def test_the_order_of_answers_changes_nothing(rows, chance):
    mixed = list(rows)
    chance.shuffle(mixed)
    assert digest(answers(*rows)) == digest(answers(*mixed))
    assert changed(answers(*rows), answers(*mixed)).is_empty()


def test_what_changed_is_found_image_by_image():
    before = answers(
        ("a", [drawn()], {}),
        ("b", [drawn()], {}),
        ("c", [drawn()], {}),
        ("e", [drawn(x=1.001)], {}),
    )
    after = answers(
        ("a", [drawn()], {"seconds": 3.0, "at": "later"}),
        ("b", [drawn("dog")], {}),
        ("d", [], {}),
        ("e", [drawn(x=1.002)], {}),
    )
    assert changed(before, after).to_list() == ["b", "c", "d"]
    assert digest(before) != digest(after)


def test_a_balance_is_one_line():
    assert Balance(sent=2, labelled=1, outstanding=1).words == (
        "2 sent = 1 labelled + 1 outstanding"
    )
    full = Balance(7, 1, 2, 1, 1, 2, reviews=3, reviewed=1)
    assert full.words == (
        "7 sent = 1 labelled + 2 empty + 1 skipped + 1 rejected + 2 outstanding, "
        "1 of 3 answered twice"
    )


def test_what_is_no_balance_is_none():
    for fact in (None, 3, {}, {"sent": "many"}, [1]):
        assert balance_of(fact) is None
    assert balance_of({"sent": 3, "labelled": "x", "more": 1}) == Balance(sent=3)
