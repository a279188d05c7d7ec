"""Numbers by chance that no release may change: samples and splits of people rest on them."""

import polars as pl

from ymir.data.lots import lots, lots_of_texts

DIGESTS = pl.Series(["d41d8cd98f00b204e9800998ecf8427e", "0" * 32, "f" * 32])


def test_lots_are_those_of_every_release():
    assert lots(DIGESTS, seed=0).tolist() == [
        0x33ECFFC05CBCD884,
        0xA706DD2F4D197E6F,
        0x2DD82C88FA32B270,
    ]
    assert lots(DIGESTS, seed=1).tolist() == [
        0xC013B41BBA91C9AB,
        0x5E41AB087439611E,
        0xA562DF66C82C649A,
    ]
    assert lots_of_texts(pl.Series(["gate", "", "gate", "Hof 1"]), seed=1).tolist() == [
        0xE6F25D72C5E3D002,
        0xC013B41BBA91C9AB,
        0xE6F25D72C5E3D002,
        0x4CA7347120F309FA,
    ]


def test_a_lot_does_not_depend_on_others():
    alone = [lots(DIGESTS.slice(at, 1), seed=3)[0] for at in range(3)]
    assert lots(DIGESTS, seed=3).tolist() == alone
    assert lots(DIGESTS.head(0), seed=3).tolist() == []
    assert lots_of_texts(DIGESTS.head(0), seed=3).tolist() == []


def test_any_seed_is_a_seed():
    seeds = (0, 1, 2**63, 2**64 - 1, 10**30)
    assert len({int(lots(DIGESTS, seed=seed)[0]) for seed in seeds}) == len(seeds)
