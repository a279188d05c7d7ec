"""Listed images in plans: when they go back, when they do not, and what their answers change."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.worlds import Pure, catalogue, pending
from ymir.plan.planner import Block, Run
from ymir.plan.relabel import in_order
from ymir.plan.world import UNREAD, Listed

LISTS = ("picked.txt",)


def flat(number: int) -> float:
    return 0.5


def asking(images: int = 3, digest: str = "list-1") -> dict[str, object]:
    return {"relabel": {"p": Listed(digest, images, LISTS)}}


def said(world: Pure, specs) -> str | None:
    return world.plan(specs).projects[0].relabel


def until(world: Pure, specs, stage: str) -> None:
    while stage not in world.versions:
        step = world.plan(specs).ready[0]
        world.make(step.stage, step.recipe)


def test_a_list_is_part_of_the_recipe_of_the_next_batch_and_of_no_other() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 3})
    assert said(world, specs) == "3 images of `picked.txt` go back with the batch of round 1"
    assert world.obey(specs).is_settled
    first, second = (world.versions[f"p/r{n}/mine"].recipe for n in (1, 2))
    assert first.inputs["relabel"] == "list-1"
    assert "train" in first.inputs, "the images may be of any dataset"
    assert "relabel" not in second.inputs
    assert "relabel" not in second.settings
    assert said(world, specs) is None, "everything has come back"


def test_a_project_without_a_list_has_the_recipes_that_it_always_had() -> None:
    world, other = Pure(scores=flat), Pure(scores=flat, world=asking(0))
    for each in (world, other):
        each.obey(catalogue(goal={"rounds": 2}))
    recipe = world.versions["p/r1/mine"].recipe
    assert not {"relabel", "room"} & {*recipe.settings, *recipe.inputs}
    assert other.versions["p/r1/mine"].recipe == recipe


def test_answers_make_a_new_version_of_their_dataset_without_training_again() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 2})
    until(world, specs, "p/r1/label")
    now = world.plan(specs)
    (step,) = (each for each in now.steps if each.stage.name == "test")
    assert isinstance(step, Run)
    assert step.why == "people corrected it: p/r1/label"
    before = len(world.made)
    assert world.obey(specs).is_settled
    made = world.made[before:]
    assert [name for name in made if "/r1/" in name] == ["p/r1/predict", "p/r1/judge"]
    assert world.versions["test"].number == 2
    assert world.plan(specs).is_settled


def test_corrected_training_images_count_from_the_next_round_on() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"train": 2})
    specs = catalogue(goal={"rounds": 2})
    world.obey(specs)
    first, second = (world.versions[f"p/r{n}/training"].recipe.inputs for n in (1, 2))
    assert first["train"] == "train-1"
    assert second["train"] == world.versions["train"].digest != "train-1"
    assert world.made.count("p/r1/training") == 1


def test_an_edited_list_waits_for_the_next_batch() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3}, has_people=True)
    specs = catalogue(goal={"rounds": 3})
    until(world, specs, "p/r1/send")
    assert said(world, specs) == (
        "the batch of round 1 takes back 3 images; then `test` will have a new version"
    )
    sealed = world.versions["p/r1/mine"]
    world.world.update(asking(5, "list-2"))
    assert pending(world.plan(specs))[0] == "p/r1/label"
    until(world, specs, "p/r1/label")
    assert said(world, specs) == (
        "up to 5 images of `picked.txt` go back with the batch of round 2"
    )
    until(world, specs, "p/r2/mine")
    assert world.versions["p/r1/mine"] == sealed
    assert world.versions["p/r2/mine"].recipe.inputs["relabel"] == "list-2"


@pytest.mark.parametrize(
    ("goal", "reason"), [({"map": 0.4}, "goal met"), ({"rounds": 1}, "rounds")]
)
def test_nothing_is_sent_once_the_loop_has_stopped(goal, reason) -> None:
    world = Pure(scores=flat, world=asking(1))
    specs = catalogue(goal=goal)
    now = world.obey(specs)
    assert now.is_settled
    assert now.projects[0].decision.reason == reason
    assert "p/r1/mine" not in world.versions
    assert said(world, specs) == "1 image of `picked.txt` is not sent back: the loop has stopped"


def test_listed_images_need_no_pool() -> None:
    world = Pure(scores=flat, pool=10, relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 9})
    assert world.obey(specs).projects[0].decision.reason == "pool empty"
    rounds = [name for name in world.made if name.endswith("/judge")]
    assert rounds == ["p/r1/judge", "p/r2/judge"]
    world.world.update(asking())
    now = world.obey(specs)
    assert now.is_settled
    assert now.projects[0].decision.reason == "pool empty"
    assert world.versions["p/r2/mine"].facts["picked"] == 3
    assert world.made.count("p/r3/train") == 1


def test_the_label_budget_holds_for_listed_images_too() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    world.obey(catalogue(goal={"rounds": 9, "labels": 20}))
    assert world.versions["p/r1/mine"].recipe.settings["room"] == 20
    unlimited = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    unlimited.obey(catalogue(goal={"rounds": 2}))
    assert unlimited.versions["p/r1/mine"].recipe.settings["room"] is None


@pytest.mark.parametrize("source", [None, UNREAD])
def test_a_dataset_whose_source_is_not_at_hand_is_corrected_as_it_is_recorded(source) -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 2})
    until(world, specs, "p/r1/label")
    recorded = world.versions["test"].recipe
    world.sources = {n: d for n, d in world.sources.items() if n != "test"}
    if source:
        world.sources["test"] = source
    now = world.plan(specs)
    assert not [step for step in now.steps if isinstance(step, Block)]
    assert world.obey(specs).is_settled
    corrected = world.versions["test"].recipe
    assert corrected.settings == recorded.settings
    assert dict(corrected.inputs) == {
        **recorded.inputs,
        "p/r1/label": world.versions["p/r1/label"].digest,
    }


def test_a_new_source_and_corrections_hold_together() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 2})
    world.obey(specs)
    world.sources["test"] = "test-2"
    (step,) = (each for each in world.plan(specs).steps if each.stage.name == "test")
    assert step.why == "changed: source"
    world.obey(specs)
    assert {"source", "p/r1/label"} == set(world.versions["test"].recipe.inputs)


def test_a_restart_keeps_what_people_corrected() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 2})
    world.obey(specs)
    corrected = world.versions["test"]
    world.world["generations"] = {"p": 2}
    world.obey(specs)
    assert world.versions["test"] == corrected


def test_answers_are_applied_in_the_order_of_their_rounds() -> None:
    names = ("p/r10/label", "p/r2/label", "a/r3/label")
    assert in_order(dict.fromkeys(names, "")) == ["a/r3/label", "p/r2/label", "p/r10/label"]


def added(**more: object):
    """The project once the class `dog` is asked for, too."""
    return catalogue(labels=["cat", "dog"], **more)


def test_suspicious_labels_are_looked_for_with_the_predictions_and_only_when_asked() -> None:
    world, plain = Pure(scores=flat), Pure(scores=flat)
    specs = catalogue(goal={"rounds": 3}, relabel={"suspicious": 7})
    assert said(world, specs) == (
        "up to 7 images with suspicious labels go back with the batch of round 1"
    )
    assert world.obey(specs).is_settled
    plain.obey(catalogue(goal={"rounds": 3}))
    for n in (1, 2):
        asked, usual = (each.versions[f"p/r{n}/mine"].recipe for each in (world, plain))
        assert asked.settings == {**usual.settings, "suspicious": 7, "room": None}
        answered = {f"p/r{k}/label" for k in range(1, n)}
        assert set(asked.inputs) - set(usual.inputs) == {f"p/r{n}/predict", "train", *answered}


def test_suspicious_labels_alone_keep_no_loop_going_whose_pool_is_empty() -> None:
    world = Pure(scores=flat, pool=10)
    now = world.obey(catalogue(goal={"rounds": 9}, relabel={"suspicious": 7}))
    assert now.is_settled
    assert now.projects[0].decision.reason == "pool empty"
    assert world.made.count("p/r2/mine") == 0
    assert said(world, catalogue(goal={"rounds": 9}, relabel={"suspicious": 7})) is None


def test_a_class_that_was_added_and_seen_sends_back_what_was_labelled_before() -> None:
    world = Pure(scores=flat, boxes={"cat": 9, "dog": 3}, unseen={3: 4, 4: 2})
    world.obey(catalogue(goal={"rounds": 2}))
    first = {name: version.recipe for name, version in world.versions.items()}
    specs = added(goal={"rounds": 5})
    (edit,) = (each for each in world.plan(specs).edits if each.category == "forward")
    assert edit.what == "class dog added"
    assert edit.effect == (
        "holds from the next round on; up to 20 images labelled before it go back with each batch"
    )
    until(world, specs, "p/r3/judge")
    assert said(world, specs) == (
        "up to 20 images that may show `dog` go back with the batch of round 3"
    )
    until(world, specs, "p/r3/mine")
    world.has_people = True
    until(world, specs, "p/r3/send")
    assert said(world, specs) == (
        "the batch of round 3 takes back 4 images, 4 that may show a new class"
    )
    world.has_people = False
    assert world.obey(specs).is_settled
    recipes = [world.versions[f"p/r{n}/mine"].recipe for n in (1, 2, 3, 4)]
    asked = [each.settings.get("new_classes") for each in recipes]
    back = {"most": 20, "before": {"dog": "p/r2/training"}}
    assert asked == [None, None, back, back]
    assert {"p/r2/training", "p/r2/label", "train"} <= set(recipes[2].inputs)
    assert first == {name: world.versions[name].recipe for name in first} | {
        "p/report": first["p/report"]
    }


@pytest.mark.parametrize("changes", [{"boxes": {"cat": 9}}, {"relabel": {"new_classes": 0}}])
def test_a_class_that_no_model_has_seen_or_that_nobody_asks_about_sends_nothing_back(
    changes: dict,
) -> None:
    world = Pure(scores=flat, boxes=changes.get("boxes", {"cat": 9, "dog": 3}))
    relabel = changes.get("relabel", {})
    world.obey(catalogue(goal={"rounds": 2}, relabel=relabel))
    specs = added(goal={"rounds": 4}, relabel=relabel)
    effects = {each.effect for each in world.plan(specs).edits if "class" in each.what}
    assert effects
    assert any("go back" in each for each in effects) == (not relabel)
    world.obey(specs)
    for n in (1, 2, 3):
        assert not {"new_classes", "room"} & set(world.versions[f"p/r{n}/mine"].recipe.settings)


def test_what_may_show_a_new_class_needs_no_pool() -> None:
    world = Pure(scores=flat, boxes={"cat": 9, "dog": 3}, pool=20, unseen={3: 4, 4: 2})
    world.obey(catalogue(goal={"rounds": 2}))
    now = world.obey(added(goal={"rounds": 9}))
    assert now.is_settled
    assert now.projects[0].decision.reason == "pool empty"
    assert [world.versions[f"p/r{n}/mine"].facts["picked"] for n in (3, 4, 5)] == [4, 2, 0]
    assert "p/r6/training" not in world.versions


def test_all_that_goes_back_is_told_in_one_line() -> None:
    world = Pure(scores=flat, boxes={"cat": 9, "dog": 3}, world=asking(1))
    world.obey(catalogue(goal={"rounds": 1}, relabel={"new_classes": 3}))
    specs = added(goal={"rounds": 4}, relabel={"suspicious": 1, "new_classes": 3})
    until(world, specs, "p/r2/judge")
    world.world.update(asking(2, "list-2"))
    assert said(world, specs) == (
        "up to 2 images of `picked.txt`, up to 1 image with suspicious labels and up to 3 images "
        "that may show `dog` go back with the batch of round 2"
    )
    assert world.plan(added(goal={"map": 0.1}, relabel={"suspicious": 1})).projects[0].relabel == (
        "2 images of `picked.txt` are not sent back: the loop has stopped"
    )


def test_listed_images_that_were_given_up_at_the_deadline_go_back_again() -> None:
    world = Pure(scores=flat, world=asking(), relabelled={"test": 3})
    specs = catalogue(goal={"rounds": 3})
    until(world, specs, "p/r1/label")
    label = world.versions["p/r1/label"]
    given_up = replace(label, facts={**label.facts, "released": 1})
    world.versions["p/r1/label"] = given_up
    assert world.obey(specs).is_settled
    assert world.versions["p/r2/mine"].recipe.inputs["relabel"] == "list-1"


histories = st.lists(
    st.tuples(
        st.sampled_from([None, "list-1", "list-2", "list-3"]),
        st.sampled_from([{}, {"test": 1}, {"train": 2, "val": 1}]),
        st.sampled_from([{"rounds": 2}, {"rounds": 4}, {"rounds": 6, "labels": 30}, {"map": 0.4}]),
        st.sampled_from([None, "train", "val", "test", "pool"]),
    ),
    max_size=5,
)
wishes = st.lists(
    st.tuples(
        st.sampled_from([{}, {"suspicious": 3}, {"new_classes": 0}, {"new_classes": 1}]),
        st.booleans(),
        st.sampled_from([{"rounds": 2}, {"rounds": 5}, {"rounds": 9, "labels": 30}, {"map": 0.4}]),
        st.dictionaries(st.integers(1, 9), st.integers(0, 4)),
    ),
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(histories)
def test_any_history_of_lists_converges_and_never_redoes_what_people_made(history) -> None:
    world = Pure(scores=flat, pool=60)
    for number, (digest, answers, goal, touched) in enumerate(history):
        world.world["relabel"] = asking(sum(answers.values()), digest)["relabel"] if digest else {}
        world.relabelled = answers
        if touched:
            world.sources[touched] = f"{touched}-{number}"
        sealed = {n: v for n, v in world.versions.items() if n.endswith(("/train", "/label"))}
        specs = catalogue(goal=goal)
        now = world.obey(specs)
        assert now.is_settled
        assert world.plan(specs) == now
        assert all(world.versions[name] == version for name, version in sealed.items())
        answered = {n: v for n, v in world.versions.items() if n.endswith("/label")}
        for name, version in answered.items():
            for dataset in version.facts.get("corrected", {}):
                assert world.versions[dataset].recipe.inputs[name] == version.digest


@settings(max_examples=40, deadline=None)
@given(wishes)
def test_any_history_of_wishes_converges_and_never_redoes_what_people_made(history) -> None:
    world = Pure(scores=flat, pool=30, boxes={"cat": 9, "dog": 3})
    labels = ["cat"]
    for relabel, is_added, goal, unseen in history:
        labels = ["cat", "dog"] if is_added else labels
        world.unseen = unseen
        sealed = {n: v for n, v in world.versions.items() if n.endswith(("/train", "/label"))}
        specs = catalogue(goal=goal, relabel=relabel, labels=labels)
        now = world.obey(specs)
        assert now.is_settled
        assert world.plan(specs) == now
        assert all(world.versions[name] == version for name, version in sealed.items())
        asked = [v.recipe for n, v in world.versions.items() if n.endswith("/mine")]
        before = [each.settings.get("new_classes", {}).get("before", {}) for each in asked]
        assert all(set(each) <= {"dog"} for each in before)
