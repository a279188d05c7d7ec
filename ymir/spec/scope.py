"""What specs may refer to: each other, plugins, executors, folders."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, ValidationInfo

from ymir.spec.complaints import Complaint, refuse
from ymir.spec.manual import Manual
from ymir.spec.mistakes import suggestion

T = TypeVar("T")


class Installed(Protocol):
    """What this installation of ymir offers. Asked for only when a spec names it."""

    def plugins(self, kind: str) -> Collection[str]:
        """The names of the plugins of one kind, e.g. `formats`."""

    def settings(self, kind: str, plugin: str) -> type[BaseModel] | None:
        """The model of a plugin's parameters; None if it takes none."""

    def executors(self) -> Collection[str]:
        """The names of the executors that ship with ymir."""

    def manual(self, executor: str) -> Manual | None:
        """What an executor that ships with ymir says of itself; None where none is called so."""

    def image(self, reference: str) -> Manual | None:
        """What an image says of itself; None where it is not at hand."""


@dataclass(frozen=True)
class Scope:
    """The context in which specs are validated; what is not known is not checked."""

    installed: Installed
    names: Mapping[str, Collection[str]] = field(default_factory=dict)  # kind -> names
    classes: Mapping[str, str] | None = None  # name or alias -> class
    manuals: Callable[[str], Manual | None] = lambda _: None  # executor -> what it says of itself
    folders: Callable[[str], str | None] = lambda _: None  # path -> why it may not be read
    lists: Callable[[str], Iterable[str]] = lambda _: ()  # path -> what is wrong with that list
    texts: Callable[[str], str | None] = lambda _: None  # path -> why it is no text file


Check = Callable[[Scope, T], Iterable[Complaint]]


def scope_of(info: ValidationInfo) -> Scope | None:
    """The scope that a validator runs in; None where a model is made outside of a catalogue."""
    return info.context if isinstance(info.context, Scope) else None


def checked(check: Check[T]) -> AfterValidator:
    """A validator that runs `check` where there is a scope."""

    def validate(value: T, info: ValidationInfo) -> T:
        scope = scope_of(info)
        if scope:
            refuse(check(scope, value))
        return value

    return AfterValidator(validate)


def refers_to(kind: str, *, by: Callable[[str], str] = str) -> AfterValidator:
    """The name of a spec of this kind; `by` finds it in what is written."""

    def check(scope: Scope, written: str) -> Iterable[Complaint]:
        name, names = by(written), scope.names.get(kind)
        if names is not None and name not in names:
            yield Complaint((), f"no {kind} is called `{name}`{suggestion(name, names)}")

    return checked(check)


def plugin(kind: str, noun: str, *, besides: tuple[str, ...] = ()) -> AfterValidator:
    """The name of a plugin of this kind, or one of the words that stand `besides` them."""

    def check(scope: Scope, name: str) -> Iterable[Complaint]:
        names = {*scope.installed.plugins(kind), *besides}
        if name not in names:
            yield Complaint((), f"no {noun} is called `{name}`{suggestion(name, names)}")

    return checked(check)


def bundled_executor(scope: Scope, name: str) -> Iterable[Complaint]:
    """Check the name of an executor that ships with ymir."""
    names = scope.installed.executors()
    if name not in names:
        yield Complaint((), f"no executor called `{name}` ships with ymir{suggestion(name, names)}")


def class_name(scope: Scope, name: str) -> Iterable[Complaint]:
    """Check the name of a class of `Labels`."""
    if scope.classes is None or scope.classes.get(name) == name:
        return
    if primary := scope.classes.get(name):
        yield Complaint((), f"`{name}` is an alias (did you mean its class `{primary}`?)")
        return
    near = suggestion(name, set(scope.classes.values()))
    yield Complaint((), f"`Labels` has no class `{name}`{near}")


def readable_path(scope: Scope, path: str) -> Iterable[Complaint]:
    """Check that a dataset may be read from `path`."""
    if why := scope.folders(path):
        yield Complaint((), why)


def list_of_images(scope: Scope, path: str) -> Iterable[Complaint]:
    """Check a file that lists images by their digests."""
    return (Complaint((), why) for why in scope.lists(path))


def text_file(scope: Scope, path: str) -> Iterable[Complaint]:
    """Check the path of a text file in the workspace."""
    if why := scope.texts(path):
        yield Complaint((), why)
