"""In containers a rehearsal sees walls, too, and names who runs into them."""

import shutil

import pytest

from tests.containers.base import DOCKER, api
from tests.containers.images import blocks, misbehaving
from tests.workspaces import Workspace
from ymir.resources import resource


def check(tmp_path, executor: str, *more: str) -> dict[str, dict]:
    said = Workspace(tmp_path).data("executor", "check", executor, "--timeout", "6s", *more)
    return {each["rule"]: each for each in said["rules"]}


DOCKERFILE = """\
FROM nowhere:1
COPY start.py /app/start.py
COPY img-man /img-man
CMD ["python3", "/app/start.py"]
"""


@DOCKER
def test_a_new_executor_is_built_and_breaks_no_rule(tmp_path):
    folder = tmp_path / "ymir-test"
    shutil.copytree(resource("executors") / "new", folder)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    try:
        found = check(tmp_path, str(folder), "--base", blocks())
    finally:
        api().images.remove("ymir-check/ymir-test:latest", force=True)
    assert [rule for rule, each in found.items() if each["verdict"] == "breaks"] == []
    held = {rule for rule, each in found.items() if each["verdict"] == "holds"}
    assert {"manual", "no-root", "no-network", "within-limits", "stops", "says-why"} <= held


@DOCKER
@pytest.mark.parametrize(
    ("what", "rule", "why"),
    [
        ("exit3", "ends-with-0", "no backbone called `resnet51`"),
        ("hang", "ends-in-time", "longer than its limit of 6s"),
        ("deaf", "stops", "it went on after SIGTERM"),
        ("garbage", "result-valid", "models/result.yaml"),
        ("liar", "files-listed", "memory.json"),
        ("fork", "within-limits", "Resource temporarily unavailable"),
        ("root", "no-root", "it works with `run_as_root: true`"),
        ("inputs", "in-untouched", "/in/config.yaml"),
        ("network", "no-network", "Network is unreachable"),
    ],
)
def test_one_that_misbehaves_is_told_how(tmp_path, what, rule, why):
    found = check(tmp_path, misbehaving(what))
    assert found[rule]["verdict"] == "breaks", found
    assert why in found[rule]["why"]
