from ymir.keeping.unwanted import Unwanted, unwanted
from ymir.plan.plan import Plan
from ymir.plan.planner import Keep, Prune
from ymir.plan.snapshot import Recipe, Snapshot, Version
from ymir.plan.stage import Stage

PLAN = Plan((Keep(Stage("site", "dataset")), Keep(Stage("night", "dataset")), Prune("old")))


def test_a_dataset_without_a_spec_goes_with_all_its_versions():
    observed = world(site=1, old=2)
    assert _found(PLAN, observed) == Unwanted(("old@v1", "old@v2"))


def test_old_versions_of_living_datasets_go_only_when_asked_for():
    observed = world(site=3)
    assert _found(PLAN, observed) == Unwanted()
    assert _found(PLAN, observed, versions=True) == Unwanted(("site@v1", "site@v2"))


def test_what_something_that_stays_was_made_from_stays():
    observed = world(site=3, old=1)
    recipe = Recipe("dataset", {}, {"site": "site@v1"})
    middle = Recipe("dataset", {}, {"old": "old@v1"})
    observed |= {"middle@v1": Version(middle, "middle@v1")}
    recipe = Recipe("dataset", {}, {"site": "site@v1", "middle": "middle@v1"})
    observed |= dict.fromkeys(("night", "night@v1"), Version(recipe, "night@v1"))
    plan = Plan((*PLAN.steps, Prune("middle")))
    assert _found(plan, observed, versions=True) == Unwanted(("site@v2",))
    without_night = Plan((Keep(Stage("site", "dataset")), *map(Prune, ("night", "middle", "old"))))
    gone = ("middle@v1", "night@v1", "old@v1")
    assert sorted(_found(without_night, observed).versions) == sorted(gone)


def test_a_version_that_a_round_was_made_from_stays():
    recipe = Recipe("training", {}, {"old": "old@v1"})
    observed = world(site=1, old=2) | {"helmet/r1/training": Version(recipe, "t")}
    assert _found(PLAN, observed) == Unwanted(("old@v2",))


def test_a_pinned_version_stays():
    plan = Plan((*PLAN.steps, Keep(Stage("site@v1", "dataset"))))
    assert _found(plan, world(site=3), versions=True) == Unwanted(("site@v2",))


def test_a_protected_dataset_keeps_every_version():
    found = unwanted(PLAN, world(site=3), protected={"site"}, projects=(), versions=True)
    assert found == Unwanted()


def test_a_project_without_a_spec_goes_only_by_its_name_and_frees_what_it_needs():
    recipe = Recipe("training", {}, {"old": "old@v1"})
    observed = world(site=1, old=1) | {"helmet/r1/training": Version(recipe, "t")}
    plan = Plan((*PLAN.steps, Prune("helmet")))
    assert _found(plan, observed) == Unwanted()
    assert _found(plan, observed, projects=("helmet",)) == Unwanted(("old@v1",), ("helmet",))


def test_equal_versions_of_two_datasets_need_each_other_not():
    """Their content is one; a version stays if its content is needed under any name."""
    observed = world(site=1)
    observed |= dict.fromkeys(("old", "old@v1"), Version(Recipe("dataset", {}, {}), "site@v1"))
    assert _found(PLAN, observed) == Unwanted()


def world(**versions: int) -> Snapshot:
    """Datasets with so many versions, each called by its own digest."""
    observed = {}
    for name, count in versions.items():
        for number in range(1, count + 1):
            made = Version(Recipe("dataset", {}, {}), f"{name}@v{number}", number)
            observed |= {f"{name}@v{number}": made, name: made}
    return observed


def _found(plan: Plan, observed: Snapshot, *, projects=(), versions=False) -> Unwanted:
    return unwanted(plan, observed, protected=(), projects=projects, versions=versions)
