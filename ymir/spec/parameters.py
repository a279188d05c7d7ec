"""Parameters under `with`: known to the plugin or the executor that they are for."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue, ValidationError

from ymir.spec.complaints import Complaint, complaints, shown
from ymir.spec.manual import SET_BY_YMIR
from ymir.spec.mistakes import one_of, suggestion
from ymir.spec.scope import Scope
from ymir.spec.shape import Shape

Parameters = Mapping[str, JsonValue]

_NOUNS: Mapping[type, str] = {
    bool: "`true` or `false`",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a mapping of fields",
}

EXPORT_FORMATS = (  # how annotations are written for executors; the last three are other names
    "ark:raw",
    "voc:raw",
    "coco:raw",
    "none:raw",
    "det-ark:raw",
    "det-voc:raw",
    "seg-coco:raw",
)


# Read by ymir, or by the SDK that executors are written with: templates need not list them.
_ALWAYS = frozenset({"export_format", "shm_size", "ymir_debug", "ymir_saved_file_patterns"})
_LIVE_CODE = frozenset({"code_config", "git_branch", "git_url"})


def of_plugin(scope: Scope, kind: str, name: str, given: Parameters) -> Iterable[Complaint]:
    """Check the parameters of a plugin against its `Settings`."""
    if name not in scope.installed.plugins(kind):
        return  # or a word of its own, such as `executor`; an unknown name is refused elsewhere
    settings = scope.installed.settings(kind, name)
    if settings is None:
        yield from (Complaint((key,), f"`{name}` has no parameters", at_key=True) for key in given)
        return
    try:
        settings.model_validate(dict(given))
    except ValidationError as error:
        yield from complaints(error, Shape.of(settings.model_json_schema()))


def of_executor(scope: Scope, executor: str, task: str, given: Parameters) -> Iterable[Complaint]:
    """Check the parameters of an executor's task against its template, where ymir can see it."""
    for key in SET_BY_YMIR.intersection(given):
        yield Complaint((key,), "is set by ymir for every job: leave it out", at_key=True)
    wanted = given.get("export_format", EXPORT_FORMATS[0])
    if wanted not in EXPORT_FORMATS:
        yield Complaint(
            ("export_format",), f"must be {one_of(EXPORT_FORMATS)}, not {shown(wanted)}"
        )
    manual = scope.manuals(executor)
    if manual is None or manual.is_silent:
        return
    template = manual.templates.get(task)
    if template is None:
        yield Complaint((), f"the executor `{executor}` has no task `{task}`", at_key=True)
        return
    known = SET_BY_YMIR | _ALWAYS | (_LIVE_CODE if manual.enable_livecode else frozenset())
    for key, value in given.items():
        if key not in template and key not in known:
            why = f"`{executor}` has no such parameter{suggestion(key, template)}"
            yield Complaint((key,), why, at_key=True)
        elif not _fits(value, template.get(key)):
            like = f"as its default {shown(template[key])} is"
            yield Complaint((key,), f"must be {_noun(template[key])}, {like}, not {shown(value)}")


def _noun(value: JsonValue) -> str | None:
    """What a parameter has to be that has `value` as its default; None: anything."""
    return _NOUNS.get(type(value))


def _fits(value: JsonValue, default: JsonValue) -> bool:
    """A number also does for a text: `export: 3`; nothing else does for anything else."""
    wanted, given = _noun(default), _noun(value)
    return wanted in (None, given) or (isinstance(default, str) and given == _NOUNS[int])
