from pydantic import JsonValue

from ymir.engine.facts import Facts, facts

DOCKER: dict[str, JsonValue] = {"Components": [{"Name": "Engine", "Version": "20.10.24"}]}


def test_an_old_docker_without_gpus() -> None:
    says: dict[str, JsonValue] = {
        "NCPU": 2,
        "DockerRootDir": "/var/lib/docker",
        "SecurityOptions": ["name=seccomp,profile=default"],
        "Runtimes": {"runc": {"path": "runc"}},
        "CDISpecDirs": None,
    }
    assert facts(DOCKER, says) == Facts(processors=2, root="/var/lib/docker")


def test_podman_without_root_on_a_machine_with_selinux() -> None:
    version: dict[str, JsonValue] = {"Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]}
    found = facts(version, {"SecurityOptions": ["name=rootless", "name=selinux"]})
    assert (found.is_podman, found.is_rootless, found.has_selinux) == (True, True, True)


def test_an_engine_whose_socket_is_a_users_own_has_no_root() -> None:
    assert facts(DOCKER, {}, is_users_own=True).is_rootless


def test_gpus_come_by_the_runtime_by_the_hook_or_by_the_device_interface() -> None:
    by_runtime = facts(DOCKER, {"Runtimes": {"runc": {}, "nvidia": {}}})
    found: list[JsonValue] = [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]
    by_interface = facts(DOCKER, {"DiscoveredDevices": found})
    cards: list[JsonValue] = [{"Source": "cdi", "ID": "acme.com/card=0"}]
    other = facts(DOCKER, {"DiscoveredDevices": cards})
    by_hook = facts(DOCKER, {}, has_hook=True)
    named = [each.gpus for each in (by_runtime, by_hook, by_interface, other)]
    assert named == ["nvidia", "nvidia", "cdi", None]


def test_an_engine_that_says_nothing_is_believed_to_be_plain() -> None:
    assert facts({}, {}) == Facts()
    assert facts({"Components": None}, {"SecurityOptions": None, "Runtimes": None}) == Facts()
