"""What `ymir plan` and `ymir labels ls` say is read as chances."""

from ymir.watching.sight import Sight, sight

RUN = {"action": "run", "stage": "pets/r1/train", "why": "does not exist yet", "recipe": "1234"}
PARK = {"action": "park", "stage": "pets/r1/label", "why": "label the 6 images"}
OPEN = {"batch": "pets-r1", "says": "6 sent", "done": False, "late": False, "balance": {"sent": 6}}


def words(seen: Sight) -> list[str]:
    return sorted(each.words for each in seen.worth)


def test_a_step_that_is_ready_is_worth_an_apply_and_another_recipe_another_one() -> None:
    seen = sight({"steps": [RUN, PARK, {"action": "wait", "stage": "pets/r2/train"}]}, [])
    assert words(seen) == ["pets/r1/train  (does not exist yet)"]
    assert seen.is_parked
    assert seen.worth.isdisjoint(sight({"steps": [{**RUN, "recipe": "5678"}]}, []).worth)


def test_a_batch_is_worth_an_apply_when_it_is_done_and_when_its_time_is_up() -> None:
    assert words(sight({"steps": [PARK]}, [OPEN])) == []
    done, late = {**OPEN, "done": True}, {**OPEN, "late": True, "due": "2026-11-23"}
    assert words(sight({}, [done])) == ["pets-r1 is done"]
    assert words(sight({}, [late])) == ["pets-r1 was due on 2026-11-23"]
    more = {**done, "balance": {"sent": 7}}
    assert sight({}, [done]).worth.isdisjoint(sight({}, [more]).worth)


def test_specs_with_a_mistake_are_applied_once_so_that_it_is_told() -> None:
    assert words(sight({"error": "no such thing"}, None)) == ["the plan cannot be made"]


def test_what_is_no_plan_and_no_list_is_worth_nothing() -> None:
    for odd in (None, 1, "x", [], {}, {"steps": 1}, {"steps": [1]}):
        assert sight(odd, odd) == Sight()


GRAVE = {"stage": "pets/r1/train", "category": "retrain", "is_destructive": True}


def test_what_nobody_agreed_to_holds_everything_and_says_how_to_agree() -> None:
    steps = {"steps": [RUN, {**GRAVE, "action": "wait"}]}
    assert "`ymir apply --allow retrain --allow destroy`" in sight(steps, []).held
    assert sight(steps, [], ("retrain",)).held.endswith("`ymir apply --allow destroy`")
    assert sight(steps, [], ("retrain", "destroy")).held == ""
    kept = {"steps": [{**GRAVE, "action": "keep"}]}
    assert sight(kept, []).held == ""


def test_an_edit_that_begins_a_project_anew_is_worth_an_apply_once_that_is_allowed() -> None:
    edited = {"edits": [{"project": "pets", "category": "retrain", "what": "`dog` is removed"}]}
    assert words(sight(edited, [])) == []
    assert words(sight(edited, [], ("retrain",))) == ["pets: `dog` is removed"]


def test_how_batches_stand_is_said() -> None:
    assert sight({}, [OPEN, {**OPEN, "says": "3 sent"}]).lines == ("6 sent", "3 sent")
