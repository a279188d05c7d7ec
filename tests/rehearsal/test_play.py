"""An executor that keeps the contract is told so; one that breaks a rule is told which."""

from dataclasses import replace

import pytest

from tests.rehearsal.companies import TEMPLATE, broken, changed, company, rehearse
from ymir.rehearsal.play import play
from ymir.rehearsal.rules import Verdict, rulings
from ymir.spec.manual import read_manual

WALLS = {"within-limits", "no-network"}  # that a process does not have


def test_the_template_keeps_every_rule_that_can_be_seen_of_a_process(tmp_path):
    found = rehearse(tmp_path, TEMPLATE)
    rules = {rule: each.verdict for rule, each in found.items()}
    unseen = {rule for rule, verdict in rules.items() if verdict is Verdict.UNCHECKED}
    assert unseen <= {*WALLS, "no-root", "manual", "manual-defaults", "resumes"}
    assert {each for rule, each in rules.items() if rule not in unseen} == {Verdict.HOLDS}


FOR_ANY_SIZE = "    w, h = Image.open(image).size\n    for row"
FOR_ONE_SIZE = "    w, h = 160, 120\n    assert Image.open(image).size == (w, h)\n    for row"


@pytest.mark.parametrize(
    ("old", "new", "rule", "why"),
    [
        ('"box": box}', '"box": {**box, "x": 9999}}', "boxes-inside", "9999"),
        ('{"class_name": name', '{"class_name": "bird"', "class-names", "bird"),
        ('"score": known["score"], "box"', '"score": 7, "box"', "scores", "score"),
        ("found[Path(image).name]", 'found["x.jpg"]', "all-answered", "x.jpg"),
        ("in best_first)", "in best_first[1:])", "all-ranked", "rank"),
        ('"files": ["boxes.json"]', '"files": ["no.json"]', "files-listed", "no.json"),
        ("yaml.safe_dump(result))", '"{")', "result-valid", "not YAML"),
        ("    say(1)\n", "    say(1)\n    sys.exit(3)\n", "ends-with-0", "exit code 3"),
        ("write_text(json.dumps(model))", 'write_text("{")', "ends-with-0", "Expecting"),
        (FOR_ANY_SIZE, FOR_ONE_SIZE, "odd-data", "AssertionError"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, rule, why):
    found = rehearse(tmp_path, changed(old, new))
    assert rule in broken(found), {rule: each.why for rule, each in found.items() if each.why}
    assert why in found[rule].why


def test_a_program_that_never_ends_is_told_so_and_is_still_asked_to_end(tmp_path):
    found = rehearse(tmp_path, "import time; time.sleep(60)", timeout="1s")
    assert broken(found) == {"ends-in-time"}
    assert found["stops"].verdict is Verdict.HOLDS


def test_a_program_that_will_not_end_is_told_so(tmp_path):
    deaf = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)"
    assert {"ends-in-time", "stops"} == broken(rehearse(tmp_path, deaf, timeout="1s"))


def test_a_program_that_writes_where_it_reads_is_told_so(tmp_path):
    words = 'Path(env["input"]["config_file"]).parent.parent.parent'  # the job's folder
    scribble = f'{words}.joinpath("in", "assets", "mine").write_text("x")'
    found = rehearse(tmp_path, changed("    say(1)\n", f"    {scribble}\n    say(1)\n"))
    assert "in-untouched" in broken(found)
    assert "in/assets/mine" in found["in-untouched"].why


def test_a_program_that_draws_by_chance_is_told_so(tmp_path):
    chance = changed(
        '"score": images / len(examples)', '"score": 0.2 + time.time_ns() % 7919 / 10000'
    )
    assert broken(rehearse(tmp_path, chance)) == {"same-again"}


def test_other_bytes_that_find_the_same_are_the_same_model(tmp_path):
    dated = changed(
        "learn(examples, config", "{'': {'score': 0, 'at': time.time()}} | learn(examples, config"
    )
    found = rehearse(tmp_path, dated)
    assert not broken(found)
    assert found["same-again"].why == "other bytes, the same boxes"


def test_a_program_that_cannot_be_started_is_told_so(tmp_path):
    ready = company(tmp_path, "")
    spec = ready.runner.spec.model_copy(update={"command": ("/no/such/program",)})
    ready = replace(ready, runner=replace(ready.runner, spec=spec))
    found = {each.rule: each for each in rulings(play(ready, lambda _: None))}
    assert broken(found) == {"starts"}


def test_a_checkpoint_is_used_and_a_training_that_cannot_use_its_own_is_told_so(tmp_path):
    slow = changed(
        "    for line in lines:\n",
        '    checkpoint = Path(env["output"]["root_dir"], "checkpoint.json")\n'
        "    if 'resume_from' in config:\n        assert checkpoint.exists()\n        RESUMED\n"
        "    for line in lines:\n        checkpoint.touch()\n        time.sleep(0.01)\n",
    )
    (tmp_path / "good").mkdir()
    (tmp_path / "bad").mkdir()
    good = rehearse(tmp_path / "good", slow.replace("RESUMED", "pass"))
    assert good["resumes"].verdict is Verdict.HOLDS
    bad = rehearse(tmp_path / "bad", slow.replace("RESUMED", "sys.exit('a stale checkpoint')"))
    assert broken(bad) == {"resumes"}
    assert "a stale checkpoint" in bad["resumes"].why


def test_silence_and_leniency_are_tolerated(tmp_path):
    silent = changed("        part.replace(monitor)\n", "        part.unlink()\n")
    found = rehearse(tmp_path, silent)
    assert not broken(found)
    assert found["monitor-form"].verdict is Verdict.TOLERATED
    assert found["says-why"].verdict is Verdict.TOLERATED


def test_a_task_that_the_executor_does_not_offer_is_not_asked_for(tmp_path):
    manual = read_manual(dict.fromkeys(("training-template.yaml", "infer-template.yaml"), b"a: 1"))
    found = rehearse(tmp_path, TEMPLATE, manual=manual)
    assert found["all-ranked"].why == "its image has no mining template"
    assert found["manual"].why == "no template for mining"
    assert not broken(found)


def test_a_manual_that_cannot_be_read_is_named(tmp_path):
    manual = read_manual({"manifest.yaml": b"{", "training-template.yaml": b"a: {b: 1}"})
    found = rehearse(tmp_path, "", manual=manual)
    assert "manifest.yaml" in found["manual"].why
    assert {"manual", "result-valid"} == broken(found)
    assert found["manual-defaults"].why == "no plain default: `a` of training"
