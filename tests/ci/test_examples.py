"""The workflows in `examples/ci/`: right, careful, and of the command line as it is."""

import re
import shlex
import subprocess
from collections.abc import Iterator

import pytest
import typer
import yaml

from ymir.cli.main import cli
from ymir.resources import resource

CI = resource("examples") / "ci"
ON_GITHUB = sorted((CI / "github").glob("*.yml"))
GITLAB = CI / "gitlab" / ".gitlab-ci.yml"
ON_PULL_REQUESTS = ("ymir-plan.yml",)


def github(file) -> dict:
    """A workflow; YAML reads its key `on` as true."""
    read = yaml.safe_load(file.read_text())
    return {("on" if key is True else key): value for key, value in read.items()}


def steps(workflow) -> Iterator[dict]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def scripts() -> Iterator[tuple[str, str]]:
    """Every piece of shell, and where it stands."""
    for file in ON_GITHUB:
        for step in steps(github(file)):
            if "run" in step:
                yield file.name, step["run"]
    for name, job in yaml.safe_load(GITLAB.read_text()).items():
        if isinstance(job, dict):
            lines = [*job.get("before_script", ()), *job.get("script", ())]
            if lines:
                yield name, "\n".join(lines)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every `ymir …`, as words."""
    for where, script in scripts():
        for line in script.splitlines():
            if line.strip().startswith("ymir "):
                words = shlex.split(line)
                yield where, words[1 : words.index(">") if ">" in words else None]


def test_all_of_it_is_there():
    found = [file.name for file in ON_GITHUB]
    assert found == ["ymir-apply.yml", "ymir-comment.yml", "ymir-labels.yml", "ymir-plan.yml"]
    assert len(list(commands())) >= 10


@pytest.mark.parametrize(("where", "words"), [*commands()])
def test_every_command_is_understood(where, words):
    command = typer.main.get_command(cli)
    context = command.make_context("ymir", [], resilient_parsing=True)
    while hasattr(command, "get_command"):
        name, *words = words
        command = command.get_command(context, name)
        assert command is not None
    assert command.make_context(command.name, list(words), parent=context).args == []


@pytest.mark.parametrize(("where", "script"), [*scripts()])
def test_every_script_is_bash(where, script):
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", ON_GITHUB, ids=lambda file: file.name)
def test_a_workflow_may_do_little(file):
    workflow = github(file)
    assert workflow["permissions"] != "write-all"
    assert set(workflow["permissions"]) <= {"contents", "actions", "pull-requests"}
    assert "pull_request_target" not in workflow["on"]
    assert "concurrency" in workflow
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@v[0-9]+", step["uses"])
        assert "${{" not in step.get("run", "")  # what others wrote is no part of a script


@pytest.mark.parametrize("file", ON_GITHUB, ids=lambda file: file.name)
def test_pull_requests_get_no_secret_no_token_and_no_runner_of_ours(file):
    workflow = github(file)
    is_theirs = "pull_request" in workflow["on"]
    assert is_theirs == (file.name in ON_PULL_REQUESTS)
    if not is_theirs:
        return
    assert "secrets" not in file.read_text()
    assert set(workflow["permissions"].values()) == {"read"}
    assert {job["runs-on"] for job in workflow["jobs"].values()} == {"ubuntu-latest"}
    runs = [step["run"] for step in steps(workflow) if "ymir " in step.get("run", "")]
    assert all("--policy-from" in run for run in runs if " ci " not in run and "pip" not in run)
    (checkout,) = [each for each in steps(workflow) if "checkout" in each.get("uses", "")]
    assert checkout["with"]["persist-credentials"] is False


def test_who_comments_checks_nothing_out():
    workflow = github(CI / "github" / "ymir-comment.yml")
    (name,) = workflow["on"]["workflow_run"]["workflows"]
    assert name == github(CI / "github" / "ymir-plan.yml")["name"]
    assert not [each for each in steps(workflow) if "checkout" in each.get("uses", "")]
    given = [step.get("with", {}).get("name") for step in steps(workflow)]
    kept = [
        s["with"]["name"]
        for s in steps(github(CI / "github" / "ymir-plan.yml"))
        if "with" in s and "name" in s["with"]
    ]
    assert kept[0] in given


def test_only_one_run_applies_and_none_is_cut():
    apply = github(CI / "github" / "ymir-apply.yml")
    assert apply["concurrency"]["cancel-in-progress"] is False
    assert yaml.safe_load(GITLAB.read_text())["apply"]["resource_group"]
    begins = [step["run"] for step in steps(apply) if "gh workflow run" in step.get("run", "")]
    assert begins == ["gh workflow run ymir-apply.yml --ref main"]


def test_the_jobs_of_gitlab_are_of_its_stages():
    pipeline = yaml.safe_load(GITLAB.read_text())
    jobs = {k: v for k, v in pipeline.items() if isinstance(v, dict) and "stage" in v}
    assert {job["stage"] for job in jobs.values()} == set(pipeline["stages"])
    assert all("rules" in job for job in jobs.values())


def test_the_readme_names_every_workflow_and_every_exit_code():
    text = (CI / "README.md").read_text()
    assert all(f"(github/{file.name})" in text for file in ON_GITHUB)
    assert re.findall(r"^\| ([0-9]) \|", text, re.MULTILINE) == list("0234156")
