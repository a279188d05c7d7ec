"""What a CI job is told: annotations, exit codes, a summary."""

import json
import os

import pytest

from tests import forked
from tests.workspaces import ENVIRONMENT, Workspace, unproven
from ymir.ci.annotations import Annotation, code_quality, workflow_command

LABELS = "{apiVersion: ymir/v1, kind: Labels, classes: [cat]}\n"
WRONG = "apiVersion: ymir/v1\nkind: Dataset\nname: a\nfrom: {format: voc, paht: raw}\n"


@pytest.fixture
def wrong(tmp_path) -> Workspace:
    """A workspace inside a repository, with a mistake in its specs."""
    made = Workspace(tmp_path / "repository" / "loops")
    (made.root / "specs").mkdir(parents=True)
    made.run("git", "init", "--quiet", "..")
    (made.root / "specs" / "labels.yaml").write_text(LABELS)
    (made.root / "specs" / "a.yaml").write_text(WRONG)
    return made


def typed(workspace, *words, **more):
    plain = {k: v for k, v in ENVIRONMENT.items() if not k.startswith("GITHUB_")}
    return forked.run(words, workspace.root, {**plain, **more})


def test_mistakes_stand_beside_their_lines_on_github(wrong):
    done = typed(wrong, "validate", GITHUB_ACTIONS="true")
    (line,) = [each for each in done.stderr.splitlines() if each.startswith("::")]
    place = "::error file=loops/specs/a.yaml,line=4,col=21,title=mistake in a spec::"
    assert line.startswith(f"{place}from.paht: is not known here")
    assert done.returncode == 1


def test_also_where_programs_read_what_is_printed(wrong):
    done = typed(wrong, "validate", "--json", GITHUB_ACTIONS="true")
    assert json.loads(done.stdout)["ok"] is False
    assert "::error file=loops/specs/a.yaml,line=4" in done.stderr


def test_nobody_is_annotated_who_did_not_ask(wrong):
    assert "::" not in typed(wrong, "validate").stderr
    assert (
        "::" not in typed(wrong, "validate", "--annotations", "none", GITHUB_ACTIONS="true").stderr
    )
    assert "::error" in typed(wrong, "plan", "--annotations", "github").stderr


def test_gitlab_gets_a_report(wrong):
    report = wrong.root / "quality.json"
    done = typed(wrong, "validate", "--annotations-into", str(report))
    assert done.returncode == 1
    (issue,) = json.loads(report.read_text())
    assert issue["location"] == {"path": "loops/specs/a.yaml", "lines": {"begin": 4}}
    assert issue["severity"] == "major"
    assert len(issue["fingerprint"]) == 64
    (wrong.root / "specs" / "a.yaml").unlink()
    assert typed(wrong, "validate", "--annotations", "gitlab").returncode == 0
    assert json.loads((wrong.root / "gl-code-quality-report.json").read_text()) == []


def test_a_command_is_what_github_reads_and_nothing_more():
    evil = Annotation("error", "a,b:c\n::warning::x", "100%\r\n::error::y", "specs/a,b.yaml", 3, 5)
    said = workflow_command(evil)
    assert "\n" not in said
    assert said == (
        "::error file=specs/a%2Cb.yaml,line=3,col=5,title=a%2Cb%3Ac%0A%3A%3Awarning%3A%3Ax"
        "::100%25%0D%0A::error::y"
    )


def test_what_has_no_place_has_one_in_gitlab_s_report():
    (issue,) = json.loads(code_quality([Annotation("warning", "t", "m")], "loops/specs"))
    assert issue["location"] == {"path": "loops/specs", "lines": {"begin": 1}}


def test_texts_of_specs_give_github_no_orders(wrong):
    evil = "\\n::error::mine ##[set-output name=x]y"
    text = WRONG.replace("paht: raw", 'path: raw, split: "x"').replace("voc", f'"{evil}"')
    (wrong.root / "specs" / "a.yaml").write_text(text)
    (wrong.root / "specs" / "##[group]b.yaml").write_text("- 1\n")
    for words in (["validate"], ["validate", "--json"]):
        done = typed(wrong, *words, GITHUB_ACTIONS="true")
        said = (done.stdout + done.stderr).splitlines()
        ours = [line for line in said if line.lstrip().startswith("::")]
        assert len(ours) == 2
        assert all(line.startswith("::error file=") for line in ours)
        assert "##[" not in "\n".join(line for line in said if line not in ours)
    assert "##[group]b.yaml" in typed(wrong, "validate").stderr


@pytest.fixture(scope="module")
def parked(tmp_path_factory) -> Workspace:
    """A workspace whose first batch waits for people, and what GitHub was told of its round."""
    workspace = unproven(tmp_path_factory.mktemp("parked") / "ws", label={"use": "folder"})
    summary = workspace.root / ".git" / "summary.md"
    done = typed(workspace, "apply", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 3, done.stdout + done.stderr
    return workspace


def test_the_summary_of_a_job_has_the_round_once(parked):
    summary = parked.root / ".git" / "summary.md"
    report = parked.root / "reports" / "pets" / "html" / "summary.md"
    assert summary.read_text() == report.read_text() + "\n"
    assert typed(parked, "apply", GITHUB_STEP_SUMMARY=str(summary)).returncode == 3
    assert summary.read_text() == report.read_text() + "\n"


def test_a_saved_plan_is_a_comment_and_a_summary(parked, tmp_path):
    parked.spec(label={"use": "folder"}, goal={"map": 0.99, "rounds": 5})
    plan, summary = tmp_path / "plan.json", tmp_path / "summary.md"
    assert typed(parked, "plan", "--soft-exit", "-o", str(plan)).returncode == 0
    done = typed(parked, "ci", "comment", str(plan), "--dry-run")
    assert done.stdout.startswith("<!-- ymir:plan:. -->\n")
    assert "goal.map" in done.stdout
    assert json.loads(plan.read_text())["digest"][:16] in done.stdout
    typed(parked, "ci", "summary", str(plan), GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text().startswith("### ymir: the plan\n")


def test_a_parked_job_stays_green_and_says_why(parked, tmp_path):
    output, dotenv = tmp_path / "output", tmp_path / "ymir.env"
    output.write_text("before=1\n")
    into = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
    assert typed(parked, "apply").returncode == 3
    done = typed(parked, "apply", "--soft-exit", "--exit-into", str(dotenv), **into)
    assert done.returncode == 0
    assert output.read_text() == "before=1\nymir_exit=3\n"
    assert dotenv.read_text() == "ymir_exit=3\n"
    assert "::" not in done.stderr
    assert typed(parked, "plan").returncode == 3
    assert typed(parked, "plan", "--soft-exit").returncode == 0


def test_failures_are_not_made_green(wrong, tmp_path):
    output = tmp_path / "output"
    done = typed(wrong, "apply", "--soft-exit", GITHUB_OUTPUT=str(output))
    assert done.returncode == 1
    assert output.read_text() == "ymir_exit=1\n"


def test_a_locked_workspace_is_not_made_green(parked, tmp_path):
    from ymir.lock import locked

    with locked(parked.root):
        done = typed(parked, "apply", "--soft-exit", "--exit-into", str(tmp_path / "e"))
    assert done.returncode == 5
    assert (tmp_path / "e").read_text() == "ymir_exit=5\n"


def test_a_job_that_fails_is_annotated_at_its_project(tmp_path):
    workspace = unproven(tmp_path / "ws", train={"executor": "blocks", "with": {"fail": True}})
    summary = tmp_path / "summary.md"
    into = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = typed(workspace, "apply", **into)
    assert done.returncode == 1
    (line,) = [each for each in done.stderr.splitlines() if each.startswith("::")]
    place = (workspace.root / "specs" / "all.yaml").read_text().splitlines().index("name: pets") + 1
    assert line.startswith(f"::error file=specs/all.yaml,line={place},")
    assert "title=pets/r1/train failed::" in line


def test_an_output_that_cannot_be_written_is_said_and_ends_nothing(parked):
    done = typed(parked, "plan", GITHUB_OUTPUT=os.sep)
    assert done.returncode == 3
    assert "warning: `/` cannot be written" in done.stderr
