"""What must hold of the files of a workspace, as anybody can read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

Rounds = Mapping[str, Mapping[str, dict]]  # `2.dvc` -> what its record says of each stage
_PARTS = ("labelled", "empty", "skipped", "rejected", "outstanding")
_MAY_END_UNDONE = ("closed", "answers")  # a setting and an input of what people took in themselves


@dataclass(frozen=True)
class Files:
    """The rounds of `pets`, read without ymir."""

    root: Path

    def hold(self, rounds: Rounds) -> None:
        """Each round is as the others allow."""
        for name, stages in rounds.items():
            earlier = [each for each in rounds if _number(each) < _number(name)]
            if self._is_here(name, stages, "training"):
                self._learns(name, stages["training"], rounds, earlier)
            if self._is_here(name, stages, "mine"):
                self._picks(name, stages["mine"], rounds, earlier)
            if "label" in stages and self._is_here(name, stages, "mine"):
                self._adds_up(name, stages["label"])

    def bought(self, rounds: Rounds) -> int:
        """How many images people have labelled."""
        return sum(s["label"]["facts"]["labelled"] for s in rounds.values() if "label" in s)

    def _learns(self, name: str, training: dict, rounds: Rounds, earlier: list[str]) -> None:
        """All that people labelled is learned, and no image of a testing set."""
        if (held := self._held_out(training)) is None:
            return
        learned = self._images(name, "training")
        assert not held[0] & learned, f"round {name} learns {held[0] & learned}"
        for each in earlier:
            if "label" in rounds[each] and _is_plain(training["recipe"]["settings"]):
                lost = self._images(each, "labelled") - learned - held[0] - held[1]
                assert not lost, f"round {name} does not learn {lost} of {each}"

    def _picks(self, name: str, mine: dict, rounds: Rounds, earlier: list[str]) -> None:
        """Nothing that is held out, or that people were asked for; and all, if there is room."""
        if (held := self._held_out(mine)) is None:
            return
        picked, settings = self._images(name, "mined"), mine["recipe"]["settings"]
        assert not held[0] & picked, f"round {name} picks testing images"
        used = self._images(name, "training")
        for each in (each for each in earlier if "mine" in rounds[each]):
            used |= self._images(each, "mined") - self._images(each, "released")
        assert not picked & used, f"round {name} asks twice for {picked & used}"
        is_unfolded = settings.get("near", "folded") is None and _is_plain(settings)
        pool = self._made_from(mine, "pool")
        if is_unfolded and pool and len(picked) < settings["topk"]:
            left = pool - held[0] - held[1] - used - picked
            assert not left, f"round {name} leaves {left}"

    def _held_out(self, stage: dict) -> tuple[set[str], set[str]] | None:
        """What a stage had to leave alone, for testing and to watch; None where that is pruned."""
        tested, watched = self._made_from(stage, "test"), self._made_from(stage, "val")
        return (tested, watched) if tested and watched else None

    def _adds_up(self, name: str, label: dict) -> None:
        """Every image that was sent is answered, and its answer kept, or it went back."""
        counted = {k: v for k, v in label["facts"]["balance"].items() if isinstance(v, int)}
        assert counted["sent"] == sum(counted[each] for each in _PARTS), counted
        said, back = self._images(name, "answers"), self._images(name, "released")
        assert said | back == self._images(name, "mined"), f"round {name} does not add up"
        recipe = label["recipe"]
        is_late = recipe["settings"].get("on_partial") == "proceed"
        by_hand = any(
            each in {**recipe["settings"], **recipe["inputs"]} for each in _MAY_END_UNDONE
        )
        assert not back or is_late or by_hand, f"round {name} did not wait for {back}"

    def _is_here(self, name: str, stages: Mapping[str, dict], kind: str) -> bool:
        file = {"training": "training", "mine": "mined"}[kind]
        return kind in stages and (self._folder(name) / f"{file}.parquet").exists()

    def _images(self, name: str, table: str) -> set[str]:
        path = self._folder(name) / f"{table}.parquet"
        return set(pl.read_parquet(path, columns=["image"])["image"]) if path.exists() else set()

    def _folder(self, name: str) -> Path:
        return self.root / "data/rounds/pets" / name.removesuffix(".dvc")

    def _made_from(self, stage: dict, dataset: str) -> set[str]:
        """The images of the version of a dataset that a stage was made from, if it is here."""
        wanted = str(stage["recipe"]["inputs"].get(dataset)).removesuffix(".dir")
        for pointer in sorted((self.root / "data/datasets" / dataset).glob("*.dvc")):
            table = pointer.with_suffix("") / "images.parquet"
            out = yaml.safe_load(pointer.read_text())["outs"][0]["md5"]
            if table.exists() and out.startswith(wanted):
                return set(pl.read_parquet(table, columns=["image"])["image"])
        return set()


def _is_plain(settings: dict) -> bool:
    """Whether only equal images leak, not those that look alike."""
    return settings["gates"].get("near", {}).get("then", "ignore") == "ignore"


def _number(name: str) -> int:
    return int(name.removesuffix(".dvc"))
