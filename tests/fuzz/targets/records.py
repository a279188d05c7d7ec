"""Specs and records: what git and remotes bring from others, and what ymir keeps for itself."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.target import Target
from tests.media.pictures import put
from tests.migration.repositories import field
from tests.package.packed import archive, contents
from tests.spec.installation import SmallInstallation
from ymir.approval import saved
from ymir.conditions import dated, events, runs, told
from ymir.dvc import losses
from ymir.dvc.objects import tree_entries
from ymir.dvc.pointer import parse, render
from ymir.keeping.rounds import _facts, _round
from ymir.lease import lease
from ymir.lease.sights import Sights
from ymir.lock import holder
from ymir.looks import last_looks, released
from ymir.migration.classes import read_classes
from ymir.migration.messages import Decoder
from ymir.migration.wire import WireError
from ymir.package.card import plain
from ymir.package.contents import INFO, SUMS
from ymir.package.imported import check_classes, chosen, described
from ymir.package.onnx import onnx_shapes
from ymir.package.read import read_member, read_package, unpack_stage
from ymir.package.write import write_package
from ymir.report.files.document import read_report
from ymir.serving.live import last_events
from ymir.site.memory import Memory as SiteMemory
from ymir.sources.memory import Memory
from ymir.spec.load import load_catalogue
from ymir.spec.picked import read_picked, why_unfit
from ymir.stores.dvc import DvcStore
from ymir.travel.checkpoints import Checkpoints

_ROOT = Path(__file__).parents[3]
_KINDS = ("labels", "dataset", "executor", "model", "project", "workspace")
_DIGEST = "0" * 32 + ".dir"
_RECIPE = {"kind": "dataset", "settings": {"from": {"path": "raw"}}, "inputs": {"source": "1" * 32}}
_FACTS = {"images": 3, "map": 0.5, "labelled": 2, "where": "labels/a", "batch": "a-r1"}
_MADE = {"recipe": _RECIPE, "digest": "2" * 32, "facts": _FACTS, "files": ["metrics.json"]}


def _pointed(meta: object, path: str) -> bytes:
    out = {"md5": _DIGEST, "size": 9, "nfiles": 1, "hash": "md5", "path": path}
    return json.dumps({"outs": [out], "meta": {"ymir": meta}}).encode()


def _specified(folder: Path, data: bytes) -> object:
    put(folder / "specs" / "a.yaml", data)
    return load_catalogue(folder, SmallInstallation())


def _tracked(folder: Path, data: bytes) -> object:
    found = parse(data, folder / "v1.dvc")
    return parse(render(found).encode(), folder / "v1.dvc")


def _dataset(folder: Path, data: bytes) -> object:
    put(folder / "data" / "datasets" / "pets" / "v1.dvc", data)
    return DvcStore(folder).observe()


def _recorded(folder: Path, data: bytes) -> object:
    put(folder / "data" / "rounds" / "pets" / "1.dvc", data)
    text = data.decode(errors="surrogateescape")
    return _round("pets", 1, text).words, _facts(text), DvcStore(folder).observe()


def _travelled(folder: Path, data: bytes) -> object:
    put(folder / "data" / "checkpoints" / "a-1.dvc", data)
    here = Checkpoints(folder)
    return here.unpack(folder / ".ymir" / "jobs" / "a-1", []), here.sweep({})


def _listed(folder: Path, data: bytes) -> object:
    return tree_entries(data)


def _approved(folder: Path, data: bytes) -> object:
    """Its digest is made right where it can be: the digest keeps no stranger out."""
    path = put(folder / "plan.json", data)
    try:
        document = json.loads(data)
        document["digest"] = saved.digest_of({k: v for k, v in document.items() if k != "digest"})
        path.write_text(json.dumps(document))
    except (ValueError, TypeError, RecursionError, AttributeError):
        pass
    return saved.read(path).digest


def _packaged(folder: Path, data: bytes) -> object:
    path = put(folder / "package.tar.gz", data)
    found = read_package(path)
    check_classes(found.class_names, {"cat": "cat"}, "keep")
    card = read_member(path, SUMS)
    unpack_stage(found, folder / "into")
    return described(chosen(found, None)), plain(card)


def _described(folder: Path, data: bytes) -> object:
    """A package that is whole, and whose description is the input."""
    archive(folder / "a.tar.gz", {INFO: data, "best.pt": b"w", "best/best.onnx": b"o"})
    found = read_package(folder / "a.tar.gz")
    unpack_stage(found, folder / "into")
    return described(chosen(found, None))


def _reported(folder: Path, data: bytes) -> object:
    return read_report(put(folder / "report.json", data))


def _exported(folder: Path, data: bytes) -> object:
    return onnx_shapes(data)


def _decoded(folder: Path, data: bytes) -> object:
    decoder = Decoder()
    found = []
    reads: tuple[Callable[[bytes], object], ...] = (
        decoder.assets,
        decoder.task,
        decoder.counted,
        decoder.boxes,
    )
    for read in reads:
        try:
            found.append(read(data))
        except WireError:  # as whoever calls it has it
            continue
    try:
        said = decoder.annotations(data)
        found += [decoder.boxes(each) for each in said.truth.images.values()]
    except WireError:
        pass
    return found


def _classed(folder: Path, data: bytes) -> object:
    return read_classes(put(folder / "labels.yaml", data))


def _picked(folder: Path, data: bytes) -> object:
    put(folder / "picked.txt", data)
    return [*why_unfit("picked.txt", folder)] or read_picked(folder, ["picked.txt"])


def _leased(folder: Path, data: bytes) -> object:
    found = lease.read(data.decode(errors="replace"))
    return found and (found.words, found.beaten("now"), found.process)


_OWN = (
    "conditions.json",
    "ended.json",
    "told.json",
    "holder.json",
    "resend.json",
    "sights.json",
    "looks/pets-r1.json",
    "looks/released/a.json",
    "site/known.json",
    "sources/a.json",
    "sources/a.seen",
)


def _remembered(folder: Path, data: bytes) -> object:
    """What ymir keeps for itself, torn by a power cut or edited by anybody: as good as none."""
    for name in _OWN:
        put(folder / ".ymir" / name, data)
    memory = Memory(folder / ".ymir" / "sources", "a")
    site = SiteMemory.of(folder)
    return [
        dated._read(folder),  # noqa: SLF001 - the rest needs a server, or a clock
        runs.last_ended(folder),
        told.all_told(folder),
        holder(folder),
        losses.to_resend(folder),
        Sights(folder / ".ymir" / "sights.json").unchanged(["a"]),
        last_looks(folder),
        released(folder, "a"),
        (site.gallery("a"), site.changes("a")),
        memory.overview(),
        len(memory.sight()),
    ]


def _happened(folder: Path, data: bytes) -> object:
    put(folder / ".ymir" / "events.jsonl", data)
    found = [*events.tail(folder)], events.stopped(folder), last_events(events.log_of(folder))
    events.append(folder, {"event": "recorded"})
    return found


def _package() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "package.tar.gz"
        write_package(path, contents(Path(folder)))
        return path.read_bytes()


def _plan() -> bytes:
    approval = saved.Approval(
        ymir="0.1.0",
        made="2026-01-02T03:04:05+00:00",
        lineage="x",
        commit=None,
        specs={"specs/a.yaml": "1" * 64},
        data={"pets": "x"},
        sources={"pets": "x"},
        executors={"tinydet": "x"},
        evaluator="x",
        plan={"steps": []},
    )
    return json.dumps({**approval.model_dump(mode="json"), "digest": approval.digest}).encode()


def _lease() -> bytes:
    said = {"id": "0" * 12, "project": "pets", "holder": "me", "host": "here", "pid": 9}
    more = {"folder": "/w", "since": "now", "heartbeat": "now", "expiry": 60, "ymir": "0.1.0"}
    return json.dumps({**said, **more}).encode()


_EVENT = {"time": 1.5, "event": "recorded", "stage": "pets", "seconds": 2.5, "why": "x"}
_STOPPED = {"time": 2, "event": "stopped", "stage": "pets/r1/train", "why": "x", "parked": True}
_MIR = field(1, field(1, "a") + field(2, field(5, 64) + field(6, 48) + field(9, "a.jpg")))
_BOXES = field(
    2, field(2, field(1, 1) + field(2, 2)) + field(3, 1) + field(9, "cat") + field(4, 0.5)
)
_SPECS = [(_ROOT / "specs" / f"{kind}.yaml").read_bytes() for kind in _KINDS]
_SPECS = [b"\n---\n".join(_SPECS), *_SPECS]
_INFORMATION = b"""\
executor_config: {class_names: [cat, dog], epochs: 3}
task_context: {executor: tinydet, mAP: 0.5}
stages: {best: {files: [best.pt, best.onnx], mAP: 0.5, timestamp: 9, stage_name: best}}
best_stage_name: best
object_type: 2
package_version: 2.0.0
attachments: {about: [README.md]}
evaluate_config: {conf_thr: 0.25}
"""
_MEMORIES = (
    {"machine": "x", "seen": {"a": 1.5}, "host": "h", "pid": 1, "galleries": {}, "changes": {}},
    {"layout": 1, "digest": "x", "files": 1, "folders": {"": [1, 2]}, "code": 1, "at": 1.5},
    {"a/b": {"state": ["a", "b", "c"], "since": 1.5}, "": ["0" * 32]},
)
_DATASET, _ROUND = _pointed(_MADE, "v1"), _pointed({"stages": {"judge": _MADE, "send": _MADE}}, "1")

TARGETS = (
    Target("specs", _specified, _SPECS, "yaml", (b"kind: ", b"name: ", b"- ", b": &a ", b"*a")),
    Target(
        "specs-as-text",
        _specified,
        _SPECS,
        "lines",
        (b"kind: ", b"name: ", b"---\n", b"? ", b"<<: "),
    ),
    Target("pointer", _tracked, [_DATASET, _ROUND], "yaml", (b"outs:", b"md5: ", b"path: ")),
    Target("dataset.dvc", _dataset, [_DATASET], "yaml", (b"meta:", b"ymir:", b"recipe:")),
    Target("round.dvc", _recorded, [_ROUND], "yaml", (b"stages:", b"facts:", b"map: ")),
    Target(
        "checkpoint.dvc",
        _travelled,
        [_pointed({"stage": "pets/r1/train", "share": 0.5}, "a-1")],
        "yaml",
        (b"share: ", b"stage: "),
    ),
    Target("listing.dir", _listed, [b'[{"md5": "%b", "relpath": "a/b"}]' % (b"0" * 32)], "json"),
    Target("plan.json", _approved, [_plan()], "json"),
    Target("package", _packaged, [_package()], "tar", (b"ustar", b"ymir-info.yaml")),
    Target(
        "ymir-info.yaml", _described, [_INFORMATION], "yaml", (b"stages:", b"files: ", b"mAP: ")
    ),
    Target("package-as-bytes", _packaged, [_package()], "bytes", (b"\x1f\x8b",)),
    Target("report.json", _reported, [(_ROOT / "docs/example/report.json").read_bytes()], "json"),
    Target(
        "onnx", _exported, [field(7, field(11, field(1, "x") + field(2, field(1, field(2, b"")))))]
    ),
    Target("mir", _decoded, [_MIR, field(3, field(1, field(1, "a") + field(2, _BOXES))), _BOXES]),
    Target(
        "mir-labels",
        _classed,
        [b"labels:\n- {id: 0, name: cat, aliases: [kitty]}\n- {id: 1, name: dog}\nversion: 1\n"],
        "yaml",
        (b"labels:", b"aliases: "),
    ),
    Target("picked.txt", _picked, [b"# some\n%b\n%b\n" % (b"0" * 32, b"A" * 32)], "lines"),
    Target("lease", _leased, [_lease()], "json"),
    Target("memories", _remembered, [json.dumps(each).encode() for each in _MEMORIES], "json"),
    Target(
        "events",
        _happened,
        [json.dumps(_EVENT).encode() + b"\n", json.dumps(_STOPPED).encode() + b"\n"],
        "json",
        (b'"event": ', b'"time": ', b'"seconds": ', b"\n"),
    ),
)
