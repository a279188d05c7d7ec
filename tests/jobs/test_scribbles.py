"""Objects that an executor wrote into are found; untouched and merely touched ones are not."""

import os
import shutil
from pathlib import Path

import pytest

from ymir.dvc.objects import md5_of_bytes, object_path, place_bytes
from ymir.errors import ResultError
from ymir.jobs.scribbles import scribbled


def lay_out(folder: Path) -> tuple[Path, Path, list[Path]]:
    """A job with two images that are links to objects."""
    cache, job = folder / "cache", folder / "job"
    objects = [object_path(cache, place_bytes(cache, b"image %d" % n)) for n in range(2)]
    (job / "in").mkdir(parents=True)
    (job / "in" / "env.yaml").touch()
    for path in objects:
        asset = job / "in" / "assets" / path.name[-2:] / f"{path.parent.name}{path.name}.jpg"
        asset.parent.mkdir(parents=True)
        os.link(path, asset)
    return job, cache, objects


def test_images_that_were_only_read_are_whole(tmp_path: Path) -> None:
    job, cache, _ = lay_out(tmp_path)
    assert scribbled(job, cache) == []


def test_a_newer_time_alone_is_no_change(tmp_path: Path) -> None:
    job, cache, (first, _) = lay_out(tmp_path)
    os.utime(first, (2e9, 2e9))
    first.chmod(0o644)
    assert scribbled(job, cache) == []


def test_an_image_that_was_written_is_named(tmp_path: Path) -> None:
    job, cache, (_, second) = lay_out(tmp_path)
    second.chmod(0o644)
    second.write_bytes(b"another")
    second.chmod(0o444)
    assert md5_of_bytes(b"another") != second.parent.name + second.name
    assert scribbled(job, cache) == [second]


def test_a_job_that_took_its_inputs_away_is_no_result(tmp_path: Path) -> None:
    job, cache, _ = lay_out(tmp_path)
    shutil.rmtree(job / "in")
    with pytest.raises(ResultError, match="took away what it was given"):
        scribbled(job, cache)


def test_an_image_that_was_replaced_in_the_job_alone_does_no_harm(tmp_path: Path) -> None:
    job, cache, _ = lay_out(tmp_path)
    for asset in (job / "in" / "assets").glob("*/*"):
        asset.unlink()
        asset.write_bytes(b"another")
    assert scribbled(job, cache) == []
