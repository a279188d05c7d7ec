"""What the engine says of itself, as far as it decides how a job is run. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True)
class Facts:
    """How this engine differs from others."""

    is_podman: bool = False
    is_rootless: bool = False  # root in a container is the engine's own user outside
    has_selinux: bool = False
    processors: int = 1
    root: str = ""  # where it stores images and containers
    gpus: str | None = None  # by what it hands GPUs to containers: `nvidia` or `cdi`


def facts(
    version: Mapping[str, JsonValue],
    says: Mapping[str, JsonValue],
    *,
    has_hook: bool = False,
    is_users_own: bool = False,
) -> Facts:
    """Read the engine's `version` and `info`.

    `has_hook` if NVIDIA's hook is on the PATH; `is_users_own` if the socket belongs to a user other
    than root: Podman 4.3 does not say that it is rootless.
    """
    security = [str(each) for each in _listed(says, "SecurityOptions")]
    podman = any("podman" in _named(part).lower() for part in _listed(version, "Components"))
    runtimes = says.get("Runtimes")
    has_runtime = isinstance(runtimes, dict) and "nvidia" in runtimes
    processors, root = says.get("NCPU"), says.get("DockerRootDir")
    return Facts(
        is_podman=podman,
        is_rootless=is_users_own or any(each.startswith("name=rootless") for each in security),
        has_selinux=any(each.startswith("name=selinux") for each in security),
        processors=processors if isinstance(processors, int) else 1,
        root=str(root or ""),
        gpus="nvidia" if has_runtime or has_hook else "cdi" if _has_devices(says) else None,
    )


def _has_devices(says: Mapping[str, JsonValue]) -> bool:
    """Whether the engine has found GPUs by the Container Device Interface."""
    found = (each for each in _listed(says, "DiscoveredDevices") if isinstance(each, dict))
    return any(str(each.get("ID", "")).startswith("nvidia.com/gpu") for each in found)


def _listed(says: Mapping[str, JsonValue], key: str) -> Sequence[JsonValue]:
    found = says.get(key)
    return found if isinstance(found, list) else []


def _named(part: JsonValue) -> str:
    return str(part.get("Name", "")) if isinstance(part, dict) else ""
