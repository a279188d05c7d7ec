"""Figures are written as people read them."""

import pytest

from ymir.report import words

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("said", "words_"),
    [
        (words.figure(0.86149), "0.861"),
        (words.figure(None), DASH),
        (words.signed(0.0124), "+0.012"),
        (words.signed(-0.0124), f"{MINUS}0.012"),
        (words.signed(-0.0001), "±0.000"),
        (words.signed(None), DASH),
        (words.trend(0.2), "up"),
        (words.trend(-0.2), "down"),
        (words.trend(0.0001), "flat"),
        (words.trend(None), "flat"),
        (words.count(12345), "12,345"),
        (words.count(None), DASH),
        (words.percent(0.126), "13%"),
        (words.money(1234.5, "EUR"), "1,234.50 EUR"),
        (words.moment("2026-11-22T09:05:31+00:00"), "2026-11-22 09:05 UTC"),
        (words.moment("2026-11-22T09:05:31Z"), "2026-11-22 09:05 UTC"),
        (words.moment("2026-11-22T09:05:31+01:00"), "2026-11-22 09:05"),
        (words.moment("soon"), "soon"),
        (words.duration(None), DASH),
        (words.duration(3.24), "3.2 s"),
        (words.duration(72), "1 min 12 s"),
        (words.duration(3 * 3600 + 65), "3 h 01 min"),
        (words.heat(0.0), 0),
        (words.heat(1.0), 9),
        (words.plural(1, "image"), "1 image"),
        (words.plural(2000, "box"), "2,000 boxes"),
        (words.hours(2.44), "2.4"),
        (words.hours(None), DASH),
        (words.share(0.5, 4), "12.5%"),
        (words.share(9, 4), "100.0%"),
        (words.share(1, 0), "0.0%"),
        (words.spot(-0.1, 0.1), "0.0%"),
        (words.spot(0.05, 0.1), "75.0%"),
        (words.coded("`a<b` fell"), "<code>a&lt;b</code> fell"),
        (words.coded("a ` alone"), "a ` alone"),
    ],
)
def test_figures_are_written_for_people(said, words_):
    assert said == words_
