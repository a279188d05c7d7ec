import json

import pytest
import yaml

from ymir.publishing.settle import Texts, own_name, settled


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("data/rounds/helmet/3.dvc", "data/rounds/helmet/3.dvc"),
        ("sites/ä b/data/datasets/x/v2.dvc", "data/datasets/x/v2.dvc"),
        ("site/media/pool/x-1.dvc", "media/pool/x-1.dvc"),
        ("specs/helmet.yaml", None),
        ("raw/train.dvc", None),
        ("code/train.py", None),
        (".git/hooks/post-checkout", None),
    ],
)
def test_ymirs_own_files_are_known_wherever_their_workspace_lies(name, own):
    assert own_name(name) == own


def test_of_two_equal_versions_theirs_stays_whatever_the_facts_say():
    theirs, ours = _round(train="t1", seconds=5), _round(train="t1", seconds=7)
    assert settled("data/rounds/helmet/1.dvc", Texts(None, theirs, ours)) == theirs


def test_a_round_that_went_on_has_gone_on():
    less, more = _round(train="t1"), _round(train="t1", judge="j1")
    assert settled("data/rounds/helmet/1.dvc", Texts(None, less, more)) == more
    assert settled("data/rounds/helmet/1.dvc", Texts(None, more, less)) == more


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"train": "t1"}, {"train": "t2"}),
        ({"train": "t1", "label": "a"}, {"train": "t1", "label": "b"}),
        ({"train": "t1", "judge": "j"}, {"train": "t1", "mine": "m"}),
    ],
)
def test_versions_that_differ_are_for_people_to_choose(theirs, ours):
    texts = Texts(None, _round(**theirs), _round(**ours))
    assert settled("data/rounds/helmet/1.dvc", texts) is None


def test_the_same_content_from_another_recipe_is_another_version():
    texts = Texts(None, _version("d", recipe="a"), _version("d", recipe="b"))
    assert settled("data/datasets/x/v1.dvc", texts) is None
    texts = Texts(None, _version("d", recipe="a"), _version("d", recipe="a"))
    assert settled("data/datasets/x/v1.dvc", texts) == texts.theirs


def test_images_are_told_apart_by_what_they_are():
    first, second = (yaml.safe_dump({"outs": [{"md5": f"{n}.dir", "path": "x"}]}) for n in "ab")
    assert settled("media/pool/x-1.dvc", Texts(None, first, f"{first}# note\n")) == first
    assert settled("media/pool/x-1.dvc", Texts(None, first, second)) is None


def test_of_two_reports_the_later_one_is_shown():
    early, late = (json.dumps({"round": n}) for n in (1, 2))
    assert settled("reports/helmet/metrics.json", Texts(None, early, late)) == late
    assert settled("reports/helmet/metrics.json", Texts(None, late, early)) == late
    first, second = _version("a", round=1), _version("b", round=2)
    assert settled("reports/helmet/html.dvc", Texts(None, second, first)) == second


def test_the_figures_of_all_projects_are_listed_but_of_those_that_are_gone():
    before, theirs, ours = (
        yaml.safe_dump({"metrics": [f"{each}/metrics.json" for each in names]})
        for names in (("a", "b"), ("a", "b", "c"), ("b", "d"))
    )
    found = settled("reports/dvc.yaml", Texts(before, theirs, ours))
    assert yaml.safe_load(str(found)) == {
        "metrics": ["b/metrics.json", "c/metrics.json", "d/metrics.json"]
    }


def test_of_files_that_list_patterns_all_lines_stay():
    texts = Texts("/a\n", "/a\n/theirs\n", "/ours\n/a\n")
    assert settled(".gitignore", texts) == "/a\n/theirs\n/ours\n"


@pytest.mark.parametrize("name", ["data/rounds/helmet/1.dvc", "reports/helmet/metrics.json"])
@pytest.mark.parametrize("broken", ["", "[", "<<<<<<< HEAD\n", "- 1", "outs: 5", "null"])
def test_what_is_removed_on_one_side_or_broken_is_for_people(name, broken):
    whole = _round(train="t1")
    assert settled(name, Texts(whole, None, whole)) is None
    assert settled(name, Texts(whole, whole, None)) is None
    assert settled("data/rounds/helmet/1.dvc", Texts(whole, whole, broken)) is None
    assert settled("data/rounds/helmet/1.dvc", Texts(whole, broken, whole)) is None


def _round(*, seconds: int = 1, **stages: str) -> str:
    noted = {kind: _made(digest, seconds=seconds) for kind, digest in stages.items()}
    content = "".join(sorted(stages.values()))
    return yaml.safe_dump({"outs": [{"md5": content}], "meta": {"ymir": {"stages": noted}}})


def _version(digest: str, recipe: str = "r", **facts: int) -> str:
    made = _made(digest, recipe=recipe, **facts)
    return yaml.safe_dump({"outs": [{"md5": digest}], "meta": {"ymir": made}})


def _made(digest: str, recipe: str = "r", **facts: int) -> dict[str, object]:
    return {"recipe": {"kind": recipe}, "digest": digest, "facts": facts}
