"""What is said where a cluster cannot be reached, or does not let ymir in."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubernetes.api import Cluster, cluster, kubeconfig
from ymir.errors import EngineError
from ymir.kubernetes.cluster import Access, ForbiddenError
from ymir.kubernetes.objects import MANAGER


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as known:
        yield known


def test_the_namespace_is_that_of_the_context_unless_another_is_named(far: Cluster) -> None:
    assert Access(None).cluster(None).namespace == "vision"
    assert Access("test").cluster("other").namespace == "other"


def test_without_a_kubeconfig_no_cluster_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(EngineError, match="no Kubernetes cluster is configured here") as caught:
        Access(None).cluster(None)
    assert "KUBECONFIG" in (caught.value.hint or "")


def test_a_context_that_is_not_there_names_those_that_are(far: Cluster) -> None:
    with pytest.raises(EngineError, match="no context `prod`") as caught:
        Access("prod").cluster(None)
    assert caught.value.hint == "`context` is one of: test"


@pytest.mark.parametrize("text", ["", "a: [", "{}", "kind: Config", "[]"])
def test_a_broken_kubeconfig_is_an_error_that_says_so(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kubeconfig").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with pytest.raises(EngineError, match=r"configured|cannot be used"):
        Access(None).cluster(None)


def test_credentials_that_are_not_accepted_are_named(far: Cluster) -> None:
    far.token = "another"  # noqa: S105 - the server's
    with pytest.raises(EngineError, match="does not accept who asks") as caught:
        Access(None).cluster(None).look("x")
    assert "log in again" in (caught.value.hint or "")


def test_what_is_forbidden_is_told_with_what_allows_it(far: Cluster) -> None:
    far.allowed.clear()
    with pytest.raises(ForbiddenError, match="does not allow it") as caught:
        Access(None).cluster(None).look("x")
    assert "access.yaml" in (caught.value.hint or "")


def test_nodes_and_events_that_are_forbidden_are_not_missed(far: Cluster) -> None:
    far.allowed.clear()
    there = Access(None).cluster(None)
    assert there.nodes() == []
    assert there.events("Job", "x") == []


def test_a_server_that_is_not_there_is_one_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(9, tmp_path / "kubeconfig")))
    with pytest.raises(EngineError, match="the Kubernetes API does not answer"):
        Access(None).cluster(None).look("x")


def test_what_is_not_there_is_nothing(far: Cluster) -> None:
    there = Access(None).cluster(None)
    assert there.look("x") is None
    assert not there.has_policy("x")
    assert list(there.printed("x", follow=False)) == []
    there.remove("x")
    there.end("x", 1)


def test_long_lists_come_page_by_page(far: Cluster) -> None:
    for i in range(1203):
        name = f"job-{i}"
        far.jobs[name] = {"metadata": {"name": name, "uid": name, "labels": {**MANAGER}}}
    assert Access(None).cluster(None).glance("job-1202") is not None
    assert len([call for call in far.calls if "/jobs?" in call]) == 3


def test_the_jobs_of_others_are_not_looked_at(far: Cluster) -> None:
    far.jobs["theirs"] = {"metadata": {"name": "theirs", "uid": "1", "labels": {}}}
    assert Access(None).cluster(None).glance("theirs") is None
    assert json.dumps(far.calls).count("labelSelector") == 2


LOOK = """\
import sys
sys.modules["kubernetes"] = None
from pathlib import Path
from ymir.backends.kubernetes import connect
from ymir.contracts.backend import Job
from ymir.errors import PluginError
job = Job("job", (), Path(sys.argv[1]) / "job", image="x")
assert not connect({}).is_running(job)
try:
    connect({"claim": "work", "folder": "/"}).start(job)
except PluginError as error:
    print(error.hint)
"""


def test_without_the_client_nothing_is_asked_and_whoever_needs_it_is_told(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert ran.stdout == 'run `pip install "ymir-gitops[kubernetes]"`\n'
