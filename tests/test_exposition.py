"""Metrics as Prometheus reads them: its own parser is the judge."""

import math
from importlib.util import find_spec

from hypothesis import given
from hypothesis import strategies as st

from tests.components import needs
from tests.plan.worlds import Pure, catalogue
from ymir.cli.measures import families
from ymir.conditions.runs import Ended
from ymir.exposition import Family, Sample, exposition

WITH_PARSER = needs(
    "prometheus-client", find_spec("prometheus_client") is not None, "pip install prometheus-client"
)


def parsed(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Sample name -> labels and value of each."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_the_format_is_what_the_page_says() -> None:
    family = Family("a_b", 'says "x" \\ and\nmore', (Sample(1, {"p": 'q"\\\n'}), Sample(0.25)))
    assert exposition([family]) == (
        '# HELP a_b says "x" \\\\ and\\nmore\n# TYPE a_b gauge\na_b{p="q\\"\\\\\\n"} 1\na_b 0.25\n'
    )


def test_a_metric_without_samples_is_left_out() -> None:
    assert exposition([Family("a", "b", ())]) == ""


@WITH_PARSER
@given(st.text(), st.floats())
def test_any_label_and_any_number_come_back(label: str, value: float) -> None:
    text = exposition([Family("ymir_x", "x", (Sample(value, {"project": label}),))])
    ((labels, found),) = parsed(text)["ymir_x"]
    assert labels == {"project": label}
    assert found == value or (math.isnan(found) and math.isnan(value))


@WITH_PARSER
def test_a_project_is_measured() -> None:
    world = Pure(scores=lambda number: 0.5, gpu_seconds=1800.0)
    specs = catalogue(goal={"rounds": 2})
    now = world.obey(specs)
    found = parsed(exposition(families(now, (), Ended(1795428000.5, 4, 12, "here"))))
    p = {"project": "p"}
    assert found["ymir_project_round"] == [(p, 2.0)]
    assert found["ymir_project_map"] == [(p, 0.5)]
    assert found["ymir_goal_reached"] == [(p, 0.0)]
    assert found["ymir_labels_bought_total"] == [(p, 10.0)]
    assert found["ymir_labels_outstanding"] == [(p, 0.0)]
    assert found["ymir_gpu_hours_total"][0][1] > 1
    assert {each["action"]: n for each, n in found["ymir_steps"]}["run"] == 0
    assert found["ymir_last_apply_timestamp_seconds"] == [({}, 1795428000.5)]
    assert found["ymir_last_apply_exit_code"] == [({}, 4.0)]


@WITH_PARSER
def test_what_is_not_known_is_left_out() -> None:
    found = parsed(exposition(families(Pure().plan(catalogue()), (), None)))
    assert found.keys() & {
        "ymir_goal_reached",
        "ymir_project_map",
        "ymir_last_apply_exit_code",
    } == (set())
