"""What the engine says when it refuses, in a line, with what to do about it. Pure."""

from __future__ import annotations

import re

from ymir.contracts.backend import Job
from ymir.errors import EngineError, YmirError

_OURS = re.compile(r"(?:localhost/)?ymir-([a-z0-9._-]+):[0-9a-f]{12}")
_NO_SPACE = "no space left on device"
_NO_DRIVER = re.compile(r"could not select device driver|nvidia-container-cli|unresolvable CDI dev")
_NO_SOURCE = re.compile(r"bind source path does not exist: ?(\S+)|statfs (\S+): no such file")
_IN_USE = re.compile(r"name \S+ is (already )?in use", re.IGNORECASE)
_NOT_THERE = re.compile(
    r"exec: .*(no such file|permission denied)|executable file .*not found|exec format error",
    re.IGNORECASE,
)


class EngineGoneError(EngineError):
    """The engine does not answer any more; it may yet come back."""


class UnfitError(YmirError):
    """The image's program cannot be begun: mend the image, or the executor's `command`."""


class NameTakenError(YmirError):
    """A container of that name is there already."""


def gone(why: str) -> EngineGoneError:
    """The engine answered before, and does not now."""
    return EngineGoneError(
        f"the container engine does not answer any more: {why}",
        hint="start it again; `ymir apply` goes on with what still runs there",
    )


def fault(job: Job, text: str, status: int | None) -> YmirError:
    """What the engine's refusal to make or start the job's container means."""
    text = " ".join(text.split())
    if status == 409 or _IN_USE.search(text):
        return NameTakenError(text)
    if status == 404 and re.search(r"image|manifest", text, re.IGNORECASE):
        return no_image(job.image or "")
    if _NO_SPACE in text:
        return EngineError(
            f"job `{job.name}` cannot be started: the disk of the container engine is full",
            hint="see `docker system df`, and take away what is not needed",
        )
    if _NO_DRIVER.search(text):
        return no_gpus(text)
    if source := _NO_SOURCE.search(text):
        return EngineError(
            f"the container engine does not see the folder {source[1] or source[2]}",
            hint="if ymir itself runs in a container, mount the workspace into it by the same path",
        )
    if _NOT_THERE.search(text):
        return UnfitError(f"the image `{job.image}` cannot be run: {_core(text)}")
    return EngineError(f"the container engine refused job `{job.name}`: {_core(text)}")


def no_image(image: str) -> EngineError:
    """The image is not on this machine."""
    ours = _OURS.fullmatch(image)
    todo = f"run `ymir executor build {ours[1]}`" if ours else f"run `docker pull {image}`"
    return EngineError(f"there is no image `{image}` on this machine", hint=todo)


def no_gpus(why: str) -> EngineError:
    """The engine cannot give GPUs to containers."""
    return EngineError(
        f"the container engine cannot hand out GPUs: {_core(why)}",
        hint="install nvidia-container-toolkit, run `nvidia-ctk runtime configure`, and start the "
        "engine again",
    )


def _core(text: str) -> str:
    """The end of `failed to create shim: OCI runtime create failed: …: exec: …`."""
    parts = text.split("OCI runtime create failed: ")[-1].split("container_linux.go")
    return parts[-1].strip(' "')[-300:]
