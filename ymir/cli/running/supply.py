"""What executors need of this machine before they run: said by `plan`, brought by `apply`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ymir.cli.images import LocalImages
from ymir.cli.place import Place, place
from ymir.cli.running.display import Display
from ymir.cli.specs import catalogue
from ymir.cli.workspace import Workspace, digest_of
from ymir.errors import EngineError
from ymir.jobs.program import image_of
from ymir.plan.needs import executors
from ymir.plan.plan import Plan, plan
from ymir.plan.stage import Stage
from ymir.plan.target import only
from ymir.plan.world import UNREAD, World
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec


@dataclass(frozen=True)
class Needs:
    """What stands between a plan and its running here."""

    lacks: tuple[str, ...] = ()  # this machine has not got it: `apply` refuses
    notes: tuple[str, ...] = ()  # `apply`, or a command, gets it


def needs(now: Plan, specs: Catalogue, images: LocalImages) -> Needs:
    """What the executors of a plan will ask for, and is not here."""
    asked = [specs.executors[name] for name in executors(now) if name in specs.executors]
    if not asked:
        return Needs()
    here = place(specs.workspace.backend)
    lacks = (lack for spec in asked if (lack := _lack(spec, here)))
    notes = (note for spec in asked if (note := _note(spec, here, images)))
    return Needs(tuple(lacks), tuple(dict.fromkeys(notes)))


def _lack(spec: ExecutorSpec, here: Place) -> str | None:
    lack = here.lacks(spec.resources)
    return f"executor `{spec.name}` cannot run here: {lack}" if lack else None


def _note(spec: ExecutorSpec, here: Place, images: LocalImages) -> str | None:
    image = _image(spec, here)
    try:
        if image is None or images.is_here(image):
            return None
    except EngineError as error:
        return f"{error}: apply needs one"
    if spec.bundled:
        return f"{_missing(image)}: {_build(spec.bundled)}"
    return f"{_missing(image)}: apply will pull it"


def _image(spec: ExecutorSpec, here: Place) -> str | None:
    """The image that the executor runs in; None where it runs in none."""
    if not here.is_contained(spec):
        return None
    return image_of(spec.bundled) if spec.bundled else spec.image


def _missing(image: str) -> str:
    return f"image {image} is not on this machine"


def _build(bundled: str) -> str:
    return f"`ymir executor build {bundled}` makes it"


def bring(
    spec: ExecutorSpec, here: Place, images: LocalImages, pull: Callable[[str], None]
) -> None:
    """Make sure that the executor can run here, with `pull` for its image, or say why it cannot."""
    if lack := _lack(spec, here):
        raise EngineError(
            lack, hint="lower `resources` of the executor, or run ymir where there are more"
        )
    image = _image(spec, here)
    if image is not None and not images.is_here(image):
        if spec.bundled:
            raise EngineError(_missing(image), hint=_build(spec.bundled))
        pull(image)


class Supply:
    """The world as a run sees it: images are pulled before anything is planned with them.

    Nothing is asked of the engine, and nothing refused, unless a stage comes to need it.
    """

    def __init__(
        self,
        opened: Workspace,
        display: Display,
        images: LocalImages,
        is_wanted: Callable[[Stage], bool] = lambda stage: True,
    ) -> None:
        self._opened = opened
        self._display = display
        self._images = images
        self._is_wanted = is_wanted
        self._ready: set[str] = set()

    def look(self) -> World:
        """The world as it is now, with the images that the next stages run in."""
        world, specs = self._opened.look(), self._opened.catalogue
        if len(self._ready) < len(specs.executors):
            now = plan(specs, self._opened.store.observe(), world)
            for name in executors(only(now, self._is_wanted)):
                self._prepare(name)
        known = dict(self._known())
        return replace(world, executors={**world.executors, **known})

    def _known(self) -> Iterator[tuple[str, str]]:
        """The digests of images that are in use, as they are now: a tag may move at any time."""
        for name in sorted(self._ready):
            spec = self._opened.catalogue.executors[name]
            if spec.image is None:
                continue
            digest = digest_of(spec, self._opened.root, self._images)
            if digest == UNREAD:
                self._pull(spec.image)
                digest = digest_of(spec, self._opened.root, self._images)
            if digest == UNREAD and not self._display.was_stopped:
                raise EngineError(f"{_missing(spec.image)} any more", hint="run `ymir apply` again")
            yield name, digest

    def _prepare(self, name: str) -> None:
        """Make sure that the executor can run, or say why it cannot."""
        spec = self._opened.catalogue.executors.get(name)
        if spec is None or name in self._ready:
            return
        here = place(self._opened.catalogue.workspace.backend)
        bring(spec, here, self._images, self._pull)
        if not self._display.was_stopped:
            self._ready.add(name)
            if spec.image is not None:
                catalogue(self._opened.root, self._images)  # its parameters can be checked now

    def _pull(self, image: str) -> None:
        """Pull an image, in the sight of the user, who may stop it."""
        with self._display.fetching(f"image {image}") as advance:
            for pulled in self._images.pull(image):
                advance(pulled.share)
                if self._display.was_stopped:
                    return
