"""What is sent: held against the published schemas, and against rules that these do not know."""

import re
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import kubernetes_validate
import pytest
import yaml
from pydantic import ValidationError

from ymir.contracts.backend import Job
from ymir.engine.container import Try
from ymir.errors import SpecError
from ymir.kubernetes.objects import Site, job_object, object_name
from ymir.kubernetes.settings import Settings
from ymir.resources import resource
from ymir.spec.executor import Resources

EXAMPLES = resource("examples") / "kubernetes"
VERSIONS = ("1.30", "1.34", "1.37")
PLAIN = Settings(claim="work", folder="/mnt/ymir")
FULL = Settings.model_validate(
    {
        "claim": "work",
        "folder": "/mnt/ymir",
        "namespace": "vision",
        "gpu": "amd.com/gpu",
        "node_selector": {"pool": "gpu"},
        "tolerations": [{"key": "dedicated", "value": "vision"}, {"operator": "Exists"}],
        "labels": {"kueue.x-k8s.io/queue-name": "vision"},
        "priority_class": "low",
        "service_account": "runner",
        "image_pull_secrets": ["registry"],
    }
)
JOB = Job(
    name="helmet-r1-train-0123456789ab",
    command=(),
    folder=Path("/mnt/ymir/sites/.ymir/jobs/helmet-r1-train-0123456789ab"),
    image="ghcr.io/acme/detector@sha256:" + "0" * 64,
)
LARGE = replace(
    JOB,
    command=("python", "train.py", "$(HOME)"),
    env={"COLOUR": "$(blue)"},
    resources=Resources(gpus=2, memory="16g", cpus=3.5, shm="512m", timeout="1h"),
    network=True,
    run_as_root=True,
)


def sent(job: Job = JOB, settings: Settings = PLAIN, number: int = 1) -> Any:
    attempt = Try(job.folder / "attempts" / str(number), ("env.yaml", "config.yaml"))
    return job_object(job, attempt, Site(settings, 1000, 100), "mark")


def pod(job: Job = JOB, settings: Settings = PLAIN) -> Any:
    return sent(job, settings)["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("job", [JOB, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("settings", [PLAIN, FULL], ids=["plain", "full"])
def test_a_job_is_as_the_published_schema_wants_it(
    job: Job, settings: Settings, version: str
) -> None:
    kubernetes_validate.validate(sent(job, settings), version, strict=True)


@pytest.mark.parametrize("file", ["access.yaml", "no-network.yaml", "claim.yaml"])
def test_the_examples_are_as_the_published_schemas_want_them(file: str) -> None:
    for each in yaml.safe_load_all((EXAMPLES / file).read_text()):
        kubernetes_validate.validate(each, "1.34", strict=True)


def test_the_example_names_what_the_other_examples_make() -> None:
    said = yaml.safe_load((EXAMPLES / "workspace.yaml").read_text())["backend"]["with"]
    settings = Settings.model_validate(said)
    claim = list(yaml.safe_load_all((EXAMPLES / "claim.yaml").read_text()))[-1]
    policy = yaml.safe_load((EXAMPLES / "no-network.yaml").read_text())
    assert settings.claim == claim["metadata"]["name"]
    assert settings.policy == policy["metadata"]["name"]
    labels = sent(settings=PLAIN)["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    "name", ["j", "A_b.c", "-", "ü", "x" * 200, "trailing-" * 7, "helmet-r1-mine-0123456789ab/12"]
)
def test_every_job_has_a_name_that_the_server_takes(name: str) -> None:
    found = object_name(replace(JOB, name=name), Try(JOB.folder / "attempts" / "12"), PLAIN)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", found)
    assert len(found) <= 63


def test_names_tell_attempts_and_folders_apart_and_not_machines() -> None:
    one, two = Try(JOB.folder / "attempts" / "1"), Try(JOB.folder / "attempts" / "2")
    elsewhere = replace(JOB, folder=Path("/mnt/ymir/other/.ymir/jobs/x"))
    names = [object_name(JOB, one, PLAIN), object_name(JOB, two, PLAIN)]
    names.append(object_name(elsewhere, Try(elsewhere.folder / "attempts" / "1"), PLAIN))
    assert len(set(names)) == 3
    moved = PLAIN.model_copy(update={"folder": "/srv"})
    there = replace(JOB, folder=Path("/srv") / JOB.folder.relative_to("/mnt/ymir"))
    assert object_name(there, Try(there.folder / "attempts" / "1"), moved) == names[0]


def test_the_cluster_never_runs_an_attempt_twice() -> None:
    spec = sent()["spec"]
    assert (spec["backoffLimit"], spec["completions"], spec["parallelism"]) == (0, 1, 1)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert {rule["action"] for rule in spec["podFailurePolicy"]["rules"]} == {"FailJob"}


def test_a_job_sees_its_own_folders_and_nothing_else_of_the_claim() -> None:
    held, volumes = pod()["containers"][0], {each["name"]: each for each in pod()["volumes"]}
    assert set(volumes) == {"work", "shm", "tmp"}
    work = [each for each in held["volumeMounts"] if each["name"] == "work"]
    base = "sites/.ymir/jobs/helmet-r1-train-0123456789ab"
    assert [(each["mountPath"], each["subPath"], each["readOnly"]) for each in work] == [
        ("/in", f"{base}/in", True),
        ("/in/env.yaml", f"{base}/attempts/1/env.yaml", True),
        ("/in/config.yaml", f"{base}/attempts/1/config.yaml", True),
        ("/out", f"{base}/attempts/1/out", False),
    ]


def test_the_walls_stand_unless_the_executor_needs_root() -> None:
    spec, held = pod(), pod()["containers"][0]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 1000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert held["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    root = pod(LARGE)["containers"][0]["securityContext"]
    assert pod(LARGE)["securityContext"]["runAsUser"] == 0
    assert root["allowPrivilegeEscalation"] is False
    assert root["readOnlyRootFilesystem"] is False
    assert "SYS_ADMIN" not in root["capabilities"]["add"]


def test_the_network_is_closed_by_a_label_unless_the_executor_asks_for_it() -> None:
    labels = [sent(job)["spec"]["template"]["metadata"]["labels"] for job in (JOB, LARGE)]
    assert [each["ymir/network"] for each in labels] == ["none", "allowed"]


def test_what_is_asked_for_is_asked_for_and_no_more_is_given() -> None:
    held = pod(LARGE, FULL)["containers"][0]["resources"]
    wanted = {"cpu": "3500m", "memory": "16Gi", "amd.com/gpu": "2"}
    assert wanted.items() <= held["limits"].items()
    assert wanted.items() <= held["requests"].items()
    assert set(pod()["containers"][0]["resources"]["limits"]) == {"ephemeral-storage"}
    shm = next(each for each in pod(LARGE)["volumes"] if each["name"] == "shm")
    assert shm["emptyDir"] == {"medium": "Memory", "sizeLimit": "512Mi"}
    assert pod(LARGE)["activeDeadlineSeconds"] > 3600


def test_the_longest_limit_still_fits_into_what_the_server_reads() -> None:
    forever = replace(JOB, resources=Resources(timeout="999999999d"))
    assert pod(forever)["activeDeadlineSeconds"] < 2**31


def test_an_image_runs_its_own_command_unless_there_is_another() -> None:
    assert "command" not in pod()["containers"][0]
    assert pod(LARGE)["containers"][0]["command"][:2] == ["python", "train.py"]


def test_the_cluster_puts_no_values_into_commands_and_variables() -> None:
    held = pod(LARGE)["containers"][0]
    assert held["command"][-1] == "$$(HOME)"
    assert {"name": "COLOUR", "value": "$$(blue)"} in held["env"]


def test_a_workspace_that_is_not_on_the_claim_is_refused() -> None:
    with pytest.raises(SpecError, match="does not lie on the claim `work`"):
        object_name(replace(JOB, folder=Path("/home/me/job")), Try(PurePath("1")), PLAIN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"claim": "Work"},
        {"folder": "mnt/ymir"},
        {"namespace": "my.space"},
        {"width": 0},
        {"labels": {"a b": "c"}},
        {"labels": {"a": "b c"}},
        {"tolerations": [{"value": "x"}]},
        {"tolerations": [{"key": "x", "operator": "Exists", "value": "y"}]},
        {"image": "x"},
    ],
    ids=str,
)
def test_settings_that_no_cluster_would_take_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"claim": "work", "folder": "/mnt/ymir", **wrong})
