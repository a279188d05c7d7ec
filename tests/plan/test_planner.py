"""Laws of planning for every graph of stages."""

from hypothesis import given
from hypothesis import strategies as st

from ymir.plan.planner import Block, Keep, Run, Wait, steps
from ymir.plan.snapshot import Recipe, Snapshot, Version
from ymir.plan.stage import Graph, Stage
from ymir.plan.world import World


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any acyclic graph: a stage may only use stages named before it."""
    names = [f"s{i}" for i in range(draw(st.integers(1, 8)))]
    stages = {}
    for i, name in enumerate(names):
        inputs = draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        stages[name] = Stage(name, "dataset", tuple(inputs), {"n": draw(st.integers(0, 2))})
    return Graph.of(stages)


def ready(graph: Graph, observed: Snapshot) -> list[Run]:
    return [step for step in steps(graph, observed, World()) if isinstance(step, Run)]


def run_all(graph: Graph, observed: Snapshot) -> tuple[Snapshot, int]:
    """Obey the plan wave by wave; return what exists at the end and how many waves it took."""
    waves = 0
    while now := ready(graph, observed):
        observed = {**observed, **{s.stage.name: Version(s.recipe, repr(s.recipe)) for s in now}}
        waves += 1
    return observed, waves


def is_settled(graph: Graph, observed: Snapshot) -> bool:
    return all(isinstance(step, Keep) for step in steps(graph, observed, World()))


@given(graphs())
def test_obeying_the_plan_reaches_the_goal_and_stays_there(graph: Graph) -> None:
    final, waves = run_all(graph, {})
    assert is_settled(graph, final)
    assert waves <= len(graph.stages)


@given(graphs(), graphs())
def test_any_graph_can_become_any_other(before: Graph, after: Graph) -> None:
    start, _ = run_all(before, {})
    final, _ = run_all(after, start)
    assert is_settled(after, final)


@given(graphs())
def test_planning_changes_nothing(graph: Graph) -> None:
    assert steps(graph, {}, World()) == steps(graph, {}, World())


def test_a_rebuilt_input_with_the_same_content_stops_the_wave() -> None:
    day, train = (
        Stage("day", "dataset", settings={"path": "v2"}),
        Stage("train", "dataset", ("day",)),
    )
    observed = {
        "day": Version(Recipe("dataset", {"path": "v2"}, {}), "d1", 2),
        "train": Version(Recipe("dataset", {}, {"day": "d1"}), "t1"),
    }
    assert is_settled(Graph.of({"day": day, "train": train}), observed)


def test_a_changed_input_makes_downstream_wait() -> None:
    day, train = (
        Stage("day", "dataset", settings={"path": "v2"}),
        Stage("train", "dataset", ("day",)),
    )
    observed = {
        "day": Version(Recipe("dataset", {"path": "v1"}, {}), "d1"),
        "train": Version(Recipe("dataset", {}, {"day": "d1"}), "t1"),
    }
    first, second = steps(Graph.of({"day": day, "train": train}), observed, World())
    assert isinstance(first, Run)
    assert first.why == "settings changed"
    assert second == Wait(train, ("day",))


def test_an_obstacle_blocks_and_what_needs_it_waits() -> None:
    day = Stage("day", "dataset", obstacle="the folder `raw` does not exist")
    train = Stage("train", "dataset", ("day",))
    assert steps(Graph.of({"day": day, "train": train}), {}, World()) == (
        Block(day, "the folder `raw` does not exist"),
        Wait(train, ("day",)),
    )
