import polars as pl

from ymir.picking.blend import blended


def scores(**by_image):
    return pl.DataFrame(
        {"image": list(by_image), "score": list(by_image.values())},
        schema={"image": pl.String, "score": pl.Float64},
    )


def test_places_count_and_not_how_large_scores_are():
    ours = scores(a=1e9, b=0.2, c=0.1, d=0.0).with_columns(why=pl.lit("ours"), more=pl.lit(7))
    found = blended(ours, scores(d=4.0, c=3.0, b=2.0, a=1.0), weight=0.25)
    assert found.columns == ["image", "score", "why", "more"]
    assert found["image"].to_list() == ["a", "b", "c", "d"]
    assert found["score"].to_list() == [0.8125, 0.6875, 0.5625, 0.4375]
    assert found["why"].to_list()[0] == "ours; above 25 % for the executor"


def test_equals_share_the_middle_of_their_places():
    ours = scores(a=1.0, b=1.0, c=1.0, d=1.0).with_columns(why=pl.lit("ours"))
    found = blended(ours, scores(a=2.0, b=2.0, c=1.0, d=1.0), weight=0.5)
    assert found["score"].to_list() == [0.75, 0.75, 0.5, 0.5]


def test_what_the_executor_does_not_name_comes_last_there_and_strangers_nowhere():
    ours = scores(a=1.0, b=2.0).with_columns(why=pl.lit("ours"))
    found = blended(ours, scores(a=5.0, z=9.0), weight=0.5)
    assert found.select("image", "score").rows() == [("a", 0.5), ("b", 0.5)]
    assert blended(ours.clear(), scores(), weight=0.5).height == 0


def test_the_executor_weighs_what_it_is_given():
    ours = scores(a=1.0, b=2.0).with_columns(why=pl.lit("ours"))
    own = scores(a=2.0, b=1.0)
    assert blended(ours, own, weight=0.2).sort("score")["image"].to_list() == ["a", "b"]
    assert blended(ours, own, weight=0.8).sort("score")["image"].to_list() == ["b", "a"]
