"""The planner alone, obeyed through any history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.laws.history import Histories
from tests.laws.laws import MOST, follows
from tests.laws.making import Maker
from tests.laws.pace import seeds, tell
from ymir.contracts.labeling import Waiting
from ymir.errors import DataError
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Park, Run


class Obeyed(Histories):
    """Whatever the plan says first is made, as the loop does, and nothing else is known."""

    def apply(self) -> None:
        first, made = self._obey()
        follows(first, made, self.life)
        assert not self._obey()[1], "a second apply does something"

    def _obey(self) -> tuple[Plan, list[str]]:
        specs, tried, made = self.wishes.specs(), set(), []
        first = now = plan(specs, self.life.versions, self.life.look())
        while len(made) < MOST:
            ready = (s for s in now.ready if (s.stage.name, s.recipe.digest) not in tried)
            step = next(ready, None)
            if step is None:
                return first, made
            tried.add((step.stage.name, step.recipe.digest))
            made += self._make(step)
            now = plan(specs, self.life.versions, self.life.look())
        raise AssertionError(f"no end: {made[-20:]}")

    def _make(self, step: Run | Park) -> list[str]:
        specs, recipe = self.wishes.specs(), step.recipe
        assert recipe.digest not in self.life.failures, f"{step.stage.name} is tried again"
        name = str(step.stage.settings.get("executor", ""))
        if step.stage.kind == "train" and self.life.programs[name] in self.life.broken:
            self.life.failures[recipe.digest] = "as asked"
            return []
        try:
            done = Maker(self.life, specs, step.stage, recipe).make()
        except DataError:
            return []
        if isinstance(done, Waiting):
            return []
        content, facts, late = done
        recipe = replace(recipe, inputs={**recipe.inputs, **late})
        self.laws.recording(specs, step.stage, recipe, content)
        self.life.record(step.stage, recipe, content, facts)
        self.laws.recorded(step.stage)
        return [step.stage.name]


@pytest.mark.parametrize("number", seeds(6))
def test_the_laws_hold_in_any_history(number: int) -> None:
    tell(Obeyed, number, steps=25)
