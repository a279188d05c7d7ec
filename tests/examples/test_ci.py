"""The example for CI as its README tells it; then its workflows' own steps, as runners run them."""

import json
from pathlib import Path

import pytest
import yaml

from tests.ci import github, gitlab
from tests.ci.test_examples import github as workflow
from tests.ci.test_examples import steps
from tests.examples.readme import does_nothing, follow, typed
from tests.workspaces import Workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `lamps`, its repository `lamps.git` and its `storage` lie."""
    folder = tmp_path_factory.mktemp("ci")
    follow("ci", folder)
    return folder


def run(script: str, folder: Path, **variables: str) -> str:
    """Run a script as runners do, until a line of it fails; none may."""
    done = typed(f"set -eo pipefail\n{script}", folder, **variables)
    assert done.code == 0, f"{script}\n{done.said}"
    return done.said


def clone(home: Path, name: str) -> Path:
    run(f"git clone --quiet lamps.git {name}", home)
    return home / name


def propose(home: Path, branch: str, before: str, after: str) -> Path:
    """A branch, pushed, whose specs say something else; the clone has it checked out."""
    folder = clone(home, branch)
    spec = folder / "specs" / "project.yaml"
    assert before in spec.read_text()
    run(f"git switch --quiet --create {branch}", folder)
    spec.write_text(spec.read_text().replace(before, after))
    run(f"git commit --quiet --all --message {branch} && git push --quiet origin {branch}", folder)
    return folder


def run_workflow(name: str, specs: Path, folder: Path, **variables: str) -> str:
    """What the steps of a GitHub workflow that call ymir say."""
    file = specs / ".github" / "workflows" / name
    own = [step["run"] for step in steps(workflow(file)) if "run" in step]
    return "".join(run(each, folder, **variables) for each in own if each.startswith("ymir "))


def run_job(name: str, specs: Path, folder: Path, **variables: str) -> str:
    """What the script of a GitLab job says."""
    job = yaml.safe_load((specs / ".gitlab-ci.yml").read_text())[name]
    given = {key: str(value) for key, value in job.get("variables", {}).items()}
    return run("\n".join(job["script"]), folder, **{**given, **variables})


def test_github_comments_on_a_pull_request_and_trains_what_is_merged(home: Path) -> None:
    temp = home / "temp"
    (temp / "ymir-plan").mkdir(parents=True)
    job = {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(temp / "out")}
    job["GITHUB_STEP_SUMMARY"] = str(temp / "summary.md")
    asked = propose(home, "higher-goal", "map: 0.7", "map: 0.95")
    head = run("git rev-parse HEAD", asked).strip()
    run("git switch --quiet --detach main && git merge --no-ff --quiet higher-goal", asked)
    planned = run_workflow("ymir-plan.yml", asked, asked, GITHUB_WORKSPACE=str(asked), **job)
    assert "goal.map: 0.7 → 0.95" in planned
    assert "ymir: the plan" in (temp / "summary.md").read_text()

    (temp / "plan.json").rename(temp / "ymir-plan" / "plan.json")  # up and down, as an artifact
    begun_by = {"head_sha": head, "head_branch": "higher-goal"}
    begun_by["head_repository"] = {"owner": {"login": "acme"}}
    (temp / "event.json").write_text(json.dumps({"workflow_run": begun_by}))
    with github.github() as server:
        server.pulls = [{"number": 7, "label": "acme:higher-goal", "head": {"sha": head}}]
        service = {"GITHUB_TOKEN": github.TOKEN, "GITHUB_API_URL": server.host.url}
        service |= {"GITHUB_REPOSITORY": "acme/loops", **job}
        event = str(temp / "event.json")
        run_workflow("ymir-comment.yml", asked, temp, GITHUB_EVENT_PATH=event, **service)
        (comment,) = server.bodies()
    assert "goal.map: 0.7 → 0.95" in comment

    run("git push --quiet origin higher-goal:main", asked)
    runner = clone(home, "runner")
    run_workflow("ymir-apply.yml", runner, runner, **job)
    assert "ymir_exit=0" in (temp / "out").read_text()
    rounds = Workspace(clone(home, "anybody")).data("status")["rounds"]["lamps"]
    assert [each["training_images"] for each in rounds] == [40, 60]
    does_nothing(Workspace(runner))


def test_gitlab_comments_on_a_merge_request_and_makes_what_is_merged(home: Path) -> None:
    run("git config receive.advertisePushOptions true", home / "lamps.git")
    job = {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main", "CI_PROJECT_ID": "42"}
    job |= {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_IID": "5"}
    job["CI_MERGE_REQUEST_PROJECT_URL"] = str(home / "lamps")
    sliced = "label: {use: existing}\nreport: {slices: {red: {labels: [stop]}}}"
    asked = propose(home, "slices", "label: {use: existing}", sliced)
    run_job("plan", asked, asked, CI_PROJECT_DIR=str(asked), **job)
    with gitlab.gitlab() as server:
        service = {"GITLAB_TOKEN": gitlab.TOKEN, "CI_API_V4_URL": f"{server.host.url}/api/v4"}
        run_job("comment", asked, asked, **service, **job)
        (note,) = server.bodies()
    assert "lamps/report" in note

    run("git push --quiet origin slices:main", asked)
    runner = clone(home, "gitlab-runner")
    token = {"GITLAB_PUSH_TOKEN": "secret", "CI_SERVER_HOST": "git.example"}
    there = {"CI_PROJECT_PATH": "lamps", "GIT_CONFIG_COUNT": "2"}
    there["GIT_CONFIG_KEY_1"] = f"url.{home}/.insteadOf"
    there["GIT_CONFIG_VALUE_1"] = "https://ymir:secret@git.example/"
    run_job("apply", runner, runner, **job, **token, **there)
    assert "ymir_exit=0" in (runner / "ymir.env").read_text()
    (runner / "ymir.env").unlink()
    does_nothing(Workspace(runner))
    assert run("git rev-parse main", home / "lamps.git") == run("git rev-parse HEAD", runner)
