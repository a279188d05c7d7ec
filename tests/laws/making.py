"""What each kind of stage makes, as in `ymir/stages/`: of its inputs, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.laws.life import Batch, Content, Life, Table, chance, digest_of
from ymir.contracts.labeling import Waiting
from ymir.errors import DataError, GateError
from ymir.plan.batches import ANSWERS, CLOSED, state_of
from ymir.plan.due import is_late
from ymir.plan.relabel import INPUT, NEW_CLASSES, RELEASED, ROOM, SUSPICIOUS, in_order, is_answer
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.plan.world import UNREAD
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import dataset_of

Made = tuple[Content, dict, dict[str, str]]  # content, facts, and inputs that were settled late


@dataclass(frozen=True)
class Maker:
    """Makes one stage."""

    life: Life
    specs: Catalogue
    stage: Stage
    recipe: Recipe

    def make(self) -> Made | Waiting:
        """What comes of it; errors are those of the real stages."""
        how: Mapping[str, Callable[[], Made | Waiting]] = {
            "dataset": self._dataset,
            "training": self._training,
            "train": self._train,
            "predict": self._predict,
            "judge": self._judge,
            "package": lambda: ({"of": self._recipe}, {"file": "m.tar"}, {}),
            "prove": self._prove,
            "mine": self._mine,
            "send": self._send,
            "label": self._label,
            "report": lambda: ({"of": self._recipe}, {}, {}),
        }
        return how[self.stage.kind]()

    @property
    def _recipe(self) -> str:
        return self.recipe.digest

    @property
    def _data(self):
        return self.specs.projects[self.stage.round.project].data

    @property
    def _labels(self) -> list[str]:
        return list(self.stage.settings["labels"])

    def _input(self, name: str) -> Content:
        """Something that the stage may read: nothing that is not among its inputs."""
        assert name in self.stage.inputs, f"{self.stage.name} reads {name}: not among its inputs"
        wanted = self.life.versions[name].digest
        assert self.recipe.inputs.get(name, wanted) == wanted, f"{name} is another now"
        return self.life.content(name)

    def _tables(self, names: Iterable[str], conflict: str = "stop") -> Table:
        together: Table = {}
        for name in names:
            for image, boxes in self._input(name)["table"].items():
                if conflict == "stop" and together.get(image, boxes) != boxes:
                    raise DataError(f"{image} is labelled in two ways")
                if conflict != "first" or image not in together:
                    together[image] = boxes
        return together

    def _dataset(self) -> Made:
        told, late = self.recipe.settings, {}
        if "merge" in told:
            table = self._tables(told["merge"], told["on_conflict"])
        elif source := self.recipe.inputs.get("source"):
            names = told["labels"]
            if source == UNREAD:  # the import looks, and says what it found
                source = digest_of(self.life.folders[self.stage.name])
                late = {"source": source}
            table = {
                image: sorted({names.get(each, each) for each in boxes})
                for image, boxes in self.life.imports[source].items()
            }
        else:
            raise AssertionError(f"{self.stage.name} is made of nothing")
        for answer in in_order({n: d for n, d in self.recipe.inputs.items() if is_answer(n)}):
            said = self.life.contents[self.recipe.inputs[answer]]["corrected"]
            table |= said.get(self.stage.name, {})
        for op in told["then"]:
            table = self._refined(op, table)
        if not table:
            raise DataError(f"{self.stage.name} has no image")
        return {"table": table}, {"images": len(table)}, late

    def _refined(self, op: Mapping, table: Table) -> Table:
        if op["op"] == "exclude":
            others = self._tables(op["datasets"], "last")
            return {image: boxes for image, boxes in table.items() if image not in others}
        drawn = sorted(table, key=lambda each: chance(each, str(op["seed"])))[: op["count"]]
        return {image: boxes for image, boxes in table.items() if image in drawn}

    def _held_out(self) -> tuple[Table, Table]:
        return self._tables(self._data.testing), self._tables(self._data.validation)

    def _testing(self) -> Table:
        table = self._tables(self._data.testing)
        there = {each for boxes in table.values() for each in boxes}
        goal = self.specs.projects[self.stage.round.project].goal
        if not there.issuperset(goal.per_class) or there.isdisjoint(self._labels):
            raise DataError("the testing set has no box of what is looked for")
        return table

    def _training(self) -> Made:
        table = self._tables(self._data.training)
        labelled = [name for name in self.stage.inputs if name.endswith("/label")]
        for name in labelled:
            table |= self._input(name)["learned"]
        testing, validation = self._held_out()
        self._testing()
        leaks = {each for each in table if each in testing or each in validation}
        gate = self.stage.settings["gates"]["leakage"]
        if leaks and gate == "block":
            raise GateError(f"training holds {sorted(leaks)}")
        left_out = leaks if gate == "exclude" else leaks & testing.keys()
        wanted = set(self._labels)
        table = {i: sorted(wanted & {*b}) for i, b in table.items() if i not in left_out}
        boxes = [each for image in table.values() for each in image]
        if not boxes:
            raise DataError("the training set has no box")
        per_class = {each: boxes.count(each) for each in sorted(set(boxes))}
        return {"table": table}, {"images": len(table), "per_class": per_class}, {}

    def _train(self) -> Made:
        training = self._input(self.stage.round.stage("training"))["table"]
        self._tables(self._data.validation)
        seen, previous = {*training}, self.stage.settings["previous"]
        if previous:
            seen |= {*self._input(previous)["seen"]}
        made = {"of": self._recipe, "learned": sorted(training), "seen": sorted(seen)}
        return made, self._spent(), {}

    def _spent(self) -> dict:
        gpus = self.specs.executors[str(self.stage.settings["executor"])].resources.gpus
        return {"gpu_seconds": 900.0 * gpus, "seconds": 900.0}

    def _predict(self) -> Made:
        train = self._input(self.stage.round.stage("train"))
        testing = self._testing()
        self._tables(self._data.validation)
        if known := {*train["seen"]} & testing.keys():
            raise GateError(f"testing holds {sorted(known)}")
        return {"of": self._recipe, "seen": train["seen"]}, self._spent(), {}

    def _judge(self) -> Made:
        found = self._input(self.stage.round.stage("predict"))
        testing, _ = self._held_out()
        assert not testing.keys() & {*found["seen"]}, "a model is judged on what it has seen"
        there = {each for boxes in testing.values() for each in boxes}
        classes = {
            each: round(chance(each, str(found["of"]), self._recipe), 3)
            for each in self._labels
            if each in there
        }
        value = sum(classes.values()) / max(1, len(classes))
        facts = dict.fromkeys(("map", "map_50_95"), value)
        for name in tuple(facts):
            facts |= {f"{name}_low": value - 0.02, f"{name}_high": value + 0.02}
        ends = {f"per_class_{n}": {k: v + d for k, v in classes.items()} for n, d in _BANDS}
        return {"of": self._recipe}, {**facts, "per_class": classes, **ends}, {}

    def _prove(self) -> Made:
        self._input(self.stage.round.stage("package"))
        self._testing()
        program = self.life.programs[str(self.stage.settings["executor"])]
        if program in self.life.sloppy and self.stage.settings["gate"] == "block":
            raise GateError("the package is not what it promises")
        return {"of": self._recipe}, {}, {}

    def _mine(self) -> Made:
        training = self._input(self.stage.round.stage("training"))["table"]
        again = self._again()
        taken = {*training, *again}
        for name in (each for each in self.stage.inputs if each.endswith("/mine")):
            label = name.replace("/mine", "/label")
            released = self._input(label)["released"] if label in self.stage.inputs else ()
            taken |= {*self._input(name)["picked"]} - {*released}
        testing, validation = self._held_out()
        pool = self._tables(self._data.mining)
        free = [i for i in pool if i not in taken | testing.keys() | validation.keys()]
        room = self.stage.settings.get(ROOM)
        topk = int(self.stage.settings["topk"])
        most = topk if room is None else min(topk, max(0, room - len(again)))
        free.sort(key=lambda each: chance(each, self._recipe))
        picked = [*again, *free[: max(0, most)]]
        known = {"picked": len(picked), "left": len(free) - (len(picked) - len(again))}
        if ROOM in self.stage.settings:
            counted: dict[str, int] = {}
            for each in again.values():
                for dataset in each:
                    counted[dataset] = counted.get(dataset, 0) + 1
            wanted = len(self._wanted()) if INPUT in self.recipe.inputs else 0
            fit = sum(1 for each in again if each in self._wanted()) if wanted else 0
            known |= {"relabel": len(again), "relabel_left": wanted - fit, "corrected": counted}
        return {"picked": picked, "again": again}, {**known, **self._spent()}, {}

    def _wanted(self) -> list[str]:
        """What is listed, and has not been back."""
        gone: set[str] = set()
        for name in (each for each in self.stage.inputs if each.endswith("/mine")):
            label = name.replace("/mine", "/label")
            if label in self.stage.inputs:
                gone |= {*self._input(name)["again"]} - {*self._input(label)["released"]}
        return [i for i in self.life.listed.get(self.stage.round.project, ()) if i not in gone]

    def _again(self) -> dict[str, list[str]]:
        """What goes back: image -> the datasets that hold it."""
        if ROOM not in self.stage.settings:
            return {}
        places: dict[str, list[str]] = {}
        data = self._data
        for name in dict.fromkeys((*data.testing, *data.validation, *data.training)):
            for image in self._input(name)["table"]:
                places.setdefault(image, []).append(dataset_of(name))
        wanted = self._wanted() if INPUT in self.recipe.inputs else []
        pool = self._tables(self._data.mining)
        testing, validation = self._held_out()
        batches = [self._input(n)["learned"] for n in self.stage.inputs if n.endswith("/label")]
        known = {**places, **{i: [] for each in batches for i in each if i not in places}}
        strange = [i for i in wanted if i not in known and i not in pool]
        if strange:
            raise DataError(f"nobody knows {strange}")
        order = [*wanted]
        if most := int(self.stage.settings.get(SUSPICIOUS, 0)):
            held = sorted({*testing, *validation}, key=lambda each: chance(each, self._recipe))
            order += held[:most]
        if asked := self.stage.settings.get(NEW_CLASSES):
            before = {i for n in asked["before"].values() for i in self._input(n)["table"]}
            order += sorted(i for i in before if i in known)[: asked["most"]]
        room = self.stage.settings[ROOM]
        first = list(dict.fromkeys(order))[: None if room is None else max(0, room)]
        return {image: sorted(set(known.get(image, []))) for image in first}

    def _send(self) -> Made | Waiting:
        mined = self._input(self.stage.round.stage("mine"))
        self._known(mined)
        use = self.stage.settings["use"]
        if use == "folder" and self.life.is_down:
            return Waiting("the tool is down")
        key = digest_of([self.stage.name, self.recipe.inputs[self.stage.round.stage("mine")]])
        facts = {"tool": use, "batch": f"{self.stage.round}".replace("/", "-"), "key": key}
        facts |= {"images": len(mined["picked"]), "sent_at": _moment(self.life.now)}
        if use == "folder":
            self.life.tool.setdefault(key, Batch(self.stage.name, list(mined["picked"])))
            facts["where"] = f"labels/{facts['batch']}"
        return {"of": self._recipe, "key": key}, facts, {}

    def _known(self, mined: Content) -> Table:
        """The pool's rows of a batch; those that it does not hold any more are an error."""
        pool = self._tables(self._data.mining)
        fresh = {each: pool.get(each) for each in mined["picked"] if each not in mined["again"]}
        if gone := [each for each, boxes in fresh.items() if boxes is None]:
            raise DataError(f"{gone} are in no pool any more")
        return fresh

    def _label(self) -> Made | Waiting:
        mined = self._input(self.stage.round.stage("mine"))
        sent = self.life.versions[self.stage.round.stage("send")].facts
        if "where" not in sent:
            return self._by_program(mined)
        if self.life.is_down:
            return Waiting("the tool is down")
        key = str(sent["key"])
        batch = self.life.tool[key]
        if batch.strays:
            raise DataError(f"{batch.strays} were not in the batch")
        self.life.looked(self.stage.round.stage("send"), key)
        if (waits := self._waits(key)) is not None:
            return waits
        released = [each for each in batch.images if each not in batch.answers]
        batch.withdrawn = sorted({*batch.withdrawn, *released})
        learned = {i: said for i, said in batch.answers.items() if isinstance(said, list)}
        facts = {"labelled": len(learned), "answers": batch.digest}
        facts |= {"balance": self.life.balance(key).__dict__}
        return self._taken(mined, learned, facts, dict(batch.answers), released)

    def _waits(self, key: str) -> Waiting | None:
        """As `ymir.stages.ending` has it."""
        send = self.stage.round.stage("send")
        versions = self.life.versions
        seen = self.life.look()
        state = state_of(
            self.stage.round, versions[send], self.stage.settings, _unlabelled(versions, self), seen
        )
        if ANSWERS in self.recipe.inputs or CLOSED in self.stage.settings:
            return None
        now, counted = self.life.now, self.life.balance(key)
        if counted.is_done:
            return None
        policy, late = self.stage.settings.get("on_partial", "wait"), is_late(state.due, now)
        if late and policy == "fail":
            raise DataError("the batch is late")
        if late and policy == "proceed" and counted.back:
            return None
        return Waiting(state.words(now))

    def _by_program(self, mined: Content) -> Made:
        """The pool's own labels, or what the model is sure of."""
        fresh = self._known(mined)
        is_known = self.stage.settings["use"] == "existing"
        learned = {**fresh, **{each: ["cat"] for each in mined["again"]}}
        if not is_known:
            learned = {i: boxes for i, boxes in learned.items() if chance(i, self._recipe) < 0.5}
        facts = (
            {"labelled": len(learned)} if is_known else {"labelled": 0, "by_model": len(learned)}
        )
        released = [each for each in mined["picked"] if each not in learned]
        return self._taken(mined, learned, facts, dict(learned), released)

    def _taken(
        self, mined: Content, learned: Table, facts: dict, answers: dict, released: list[str]
    ) -> Made:
        apart: dict[str, Table] = {}
        for image, datasets in mined["again"].items():
            for name in datasets if image in learned else ():
                apart.setdefault(name, {})[image] = learned[image]
        held_out = {
            i
            for n in (*self._data.testing, *self._data.validation)
            for i in apart.get(dataset_of(n), {})
        }
        known: dict = {**facts, "images": len(learned)}
        if released:
            known[RELEASED] = len(released)
        if apart:
            known["corrected"] = {name: len(images) for name, images in apart.items()}
        content = {
            "of": self._recipe,
            "learned": {i: boxes for i, boxes in learned.items() if i not in held_out},
            "answers": answers,
            "released": released,
            "corrected": apart,
        }
        late = {ANSWERS: str(facts["answers"])} if ANSWERS in self.recipe.inputs else {}
        return content, known, late


_BANDS = (("low", -0.02), ("high", 0.02))


def _unlabelled(versions: Mapping, maker: Maker) -> dict:
    return {n: v for n, v in versions.items() if n != maker.stage.name}


def _moment(now: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
