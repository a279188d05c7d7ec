"""Parameters under `with`: known to the plugin or the executor that they are for."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue, ValidationError

from ymir.spec.complaints import Complaint, complaints, shown
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

# The folder contract's own keys of config.yaml: ymir fills them in for each job.
_SET_BY_YMIR = frozenset(
    {
        "class_names",
        "gpu_count",
        "gpu_id",
        "model_params_path",
        "object_type",
        "pretrained_model_params",
        "resume_from",
        "run_infer",
        "run_mining",
        "task_id",
    }
)


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
    for key in _SET_BY_YMIR.intersection(given):
        yield Complaint((key,), "is set by ymir for every job: leave it out", at_key=True)
    if (wanted := given.get("export_format", EXPORT_FORMATS[0])) not in EXPORT_FORMATS:
        yield Complaint(
            ("export_format",), f"must be {one_of(EXPORT_FORMATS)}, not {shown(wanted)}"
        )
    if executor not in scope.bundled:
        return
    template = scope.installed.template(scope.bundled[executor], task)
    if template is None:
        yield Complaint((), f"the executor `{executor}` has no task `{task}`", at_key=True)
        return
    for key, value in given.items():
        if key not in template and key not in _SET_BY_YMIR:
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
