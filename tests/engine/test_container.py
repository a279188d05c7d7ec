"""What the engine is told, by value: the policy of every container."""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from ymir.contracts.backend import Job
from ymir.engine.container import Host, Try, container, container_name, environment, handing_back
from ymir.engine.facts import Facts
from ymir.spec.executor import Resources

JOB = Job("train-1", (), Path("/w/.ymir/jobs/train-1"), image="yolo:7")
FIRST = Try(PurePosixPath("/w/.ymir/jobs/train-1/attempts/1"), ("env.yaml", "config.yaml"))
HOST = Host(1000, 100, Facts(processors=8))


def bind(source: str, target: str, *, read_only: bool) -> dict[str, object]:
    place = f"/w/.ymir/jobs/train-1/{source}"
    return {"Type": "bind", "Source": place, "Target": target, "ReadOnly": read_only}


def told(job: Job = JOB, attempt: Try = FIRST, host: Host = HOST) -> dict[str, object]:
    found = container(job, attempt, host)["HostConfig"]
    assert isinstance(found, dict)
    return dict(found)


def test_all_that_the_engine_is_told() -> None:
    assert container(JOB, FIRST, HOST) == {
        "Image": "yolo:7",
        "User": "1000:100",
        "Env": ["PYTHONUNBUFFERED=1", "HOME=/tmp", "NVIDIA_VISIBLE_DEVICES=void"],
        "Labels": {
            "ymir.job": "train-1",
            "ymir.folder": "/w/.ymir/jobs/train-1",
            "ymir.attempt": "1",
        },
        "HostConfig": {
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges:true"],
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": "rw,exec,nosuid,nodev,mode=1777"},  # noqa: S108 - of the container
            "Init": True,
            "PidsLimit": 4096,
            "ShmSize": 16 << 30,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "8m", "max-file": "2"}},
            "Mounts": [
                bind("in", "/in", read_only=True),
                bind("attempts/1/env.yaml", "/in/env.yaml", read_only=True),
                bind("attempts/1/config.yaml", "/in/config.yaml", read_only=True),
                bind("attempts/1/out", "/out", read_only=False),
            ],
        },
    }


def test_a_command_stands_in_for_the_images_own_whatever_its_entry_point() -> None:
    found = container(replace(JOB, command=("python3", "main.py")), FIRST, HOST)
    assert (found["Entrypoint"], found["Cmd"]) == (["python3", "main.py"], [])


def test_limits_are_the_specs() -> None:
    resources = Resources(memory="2g", cpus=1.5, shm="64m", pids=99)
    found = told(replace(JOB, resources=resources))
    assert found["Memory"] == found["MemorySwap"] == 2 << 30
    assert found["NanoCpus"] == 1_500_000_000
    assert (found["ShmSize"], found["PidsLimit"]) == (64 << 20, 99)


def test_no_more_processors_are_asked_for_than_there_are() -> None:
    found = told(replace(JOB, resources=Resources(cpus=64.0)))
    assert found["NanoCpus"] == 8_000_000_000


def test_programs_count_their_threads_by_the_limit_unless_they_are_told() -> None:
    limited = replace(JOB, resources=Resources(cpus=1.5))
    assert environment(limited)["OMP_NUM_THREADS"] == "2"
    assert environment(replace(limited, env={"OMP_NUM_THREADS": "7"}))["OMP_NUM_THREADS"] == "7"


def test_only_a_spec_that_says_so_has_the_network() -> None:
    assert told()["NetworkMode"] == "none"
    assert "NetworkMode" not in told(replace(JOB, network=True))


def test_root_may_write_to_its_image_and_has_few_capabilities() -> None:
    rooted = replace(JOB, run_as_root=True)
    found = told(rooted)
    assert container(rooted, FIRST, HOST)["User"] == "0:0"
    assert found["CapDrop"] == ["ALL"]
    assert found["CapAdd"] == ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
    assert not {"ReadonlyRootfs", "Tmpfs"} & found.keys()
    assert "HOME" not in environment(rooted)
    assert found["SecurityOpt"] == ["no-new-privileges:true"]


def test_what_root_wrote_is_handed_back_by_a_container_that_can_do_nothing_else() -> None:
    rooted = replace(JOB, run_as_root=True)
    assert HOST.must_hand_back(rooted)
    assert handing_back(rooted, FIRST, HOST) == {
        "Image": "yolo:7",
        "Entrypoint": ["chown", "-R", "-h", "1000:100", "/out"],
        "Cmd": [],
        "User": "0:0",
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "CapAdd": ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
            "SecurityOpt": ["no-new-privileges:true"],
            "Mounts": [bind("attempts/1/out", "/out", read_only=False)],
        },
    }


def test_nothing_is_handed_back_to_root_nor_by_an_engine_without_root() -> None:
    rooted = replace(JOB, run_as_root=True)
    assert not HOST.must_hand_back(JOB)
    assert not Host(0, 0).must_hand_back(rooted)
    assert not Host(1000, 100, Facts(is_rootless=True)).must_hand_back(rooted)


def test_root_of_a_rootless_engine_is_the_caller() -> None:
    host = Host(1000, 100, Facts(is_rootless=True))
    assert container(JOB, FIRST, host)["User"] == "0:0"
    assert told(host=host)["ReadonlyRootfs"] is True


def test_podman_keeps_one_file_of_what_is_printed() -> None:
    found = told(host=Host(0, 0, Facts(is_podman=True)))["LogConfig"]
    assert found == {"Type": "json-file", "Config": {"max-size": "8m"}}


def test_selinux_is_told_to_let_the_folders() -> None:
    found = told(host=Host(0, 0, Facts(has_selinux=True)))
    assert found["SecurityOpt"] == ["no-new-privileges:true", "label=disable"]


def test_a_job_gets_the_gpus_that_were_chosen_and_others_none() -> None:
    chosen = replace(FIRST, gpus=("GPU-a", "GPU-b"))
    request = {"Driver": "nvidia", "DeviceIDs": ["GPU-a", "GPU-b"], "Capabilities": [["gpu"]]}
    assert told(attempt=chosen)["DeviceRequests"] == [request]
    labels = container(JOB, chosen, HOST)["Labels"]
    assert isinstance(labels, dict)
    assert labels["ymir.gpus"] == "GPU-a,GPU-b"
    assert "NVIDIA_VISIBLE_DEVICES" not in environment(JOB, chosen.gpus)
    assert "DeviceRequests" not in told()


def test_gpus_are_named_to_the_device_interface_in_its_way() -> None:
    chosen, host = replace(FIRST, gpus=("GPU-a",)), Host(0, 0, Facts(gpus="cdi"))
    request = {"Driver": "cdi", "DeviceIDs": ["nvidia.com/gpu=GPU-a"]}
    assert told(attempt=chosen, host=host)["DeviceRequests"] == [request]


def test_two_clones_of_a_workspace_have_two_containers() -> None:
    elsewhere = replace(JOB, folder=Path("/clone/.ymir/jobs/train-1"))
    assert container_name(JOB).startswith("ymir-train-1-")
    assert container_name(JOB) != container_name(elsewhere)
    assert container_name(JOB) == container_name(replace(JOB, env={"a": "b"}))


def test_a_container_can_be_called_like_any_job() -> None:
    name = container_name(replace(JOB, name="Schädel & Co./" + "x" * 200))
    assert name.startswith("ymir-Sch-del-Co.-xxx")
    assert len(name) < 100
    assert container_name(replace(JOB, name="§")).startswith("ymir-job-")
