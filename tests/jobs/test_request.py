from dataclasses import replace
from pathlib import Path

from tests.jobs.examples import inference, training
from ymir.jobs.request import Inference, fitted

TEMPLATES = {
    "training": {"epochs": 10},
    "mining": {"batch": 2, "strategy": "aldd"},
    "infer": {"batch": 4, "threshold": 0.1},
}


def test_a_request_gets_the_defaults_of_its_task(tmp_path: Path) -> None:
    assert fitted(training(tmp_path), "1.0.0", TEMPLATES).defaults == {"epochs": 10}
    asked = fitted(inference(tmp_path), "absent", TEMPLATES)
    assert (asked.protocol, asked.defaults) == ("absent", {"batch": 4, "threshold": 0.1})


def test_two_tasks_in_one_container_get_both_templates(tmp_path: Path) -> None:
    both = replace(inference(tmp_path), is_ranking=True)
    known = {"batch": 2, "threshold": 0.1, "strategy": "aldd"}
    assert fitted(both, "1.1.0", TEMPLATES).defaults == known


def test_who_says_nothing_of_finding_objects_is_asked_for_a_ranking_only(tmp_path: Path) -> None:
    both = replace(inference(tmp_path), is_ranking=True)
    asked = fitted(both, "1.1.0", {"mining": {}})
    assert isinstance(asked, Inference)
    assert (asked.is_ranking, asked.is_finding) == (True, False)


def test_who_says_nothing_at_all_is_asked_for_both(tmp_path: Path) -> None:
    asked = fitted(replace(inference(tmp_path), is_ranking=True), "1.1.0", {})
    assert isinstance(asked, Inference)
    assert (asked.is_ranking, asked.is_finding) == (True, True)
