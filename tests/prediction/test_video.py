"""Frames of a video come at even distances, with their time, and damage is said."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from tests.media.pictures import picture, put
from tests.prediction.packages import VIDEO
from ymir.errors import DataError
from ymir.prediction.inputs import look_for
from ymir.prediction.seen import Reader, player, seconds_between

if find_spec("av"):
    from tests.prediction.clips import clip

pytestmark = VIDEO


@pytest.mark.parametrize("kind", ["mp4", "avi", "mkv", "mov", "ts"])
def test_a_frame_each_second(tmp_path, kind):
    frames = list(player().frames(clip(tmp_path / f"a.{kind}"), 1.0))
    assert [(each.number, each.time) for each in frames] == [(0, 0), (10, 1), (20, 2), (30, 3)]
    lightness = [np.asarray(each.image).mean() for each in frames]
    assert lightness == sorted(lightness)


def test_every_frame_where_they_are_wanted_closer_than_they_are(tmp_path):
    path = clip(tmp_path / "a.mp4", frames=12)
    assert [each.number for each in player().frames(path, 0.01)] == list(range(12))


def test_a_distance_that_is_no_multiple_keeps_its_pace(tmp_path):
    path = clip(tmp_path / "a.mp4", frames=100)
    times = [each.time for each in player().frames(path, 0.25)]
    assert len(times) == 40
    assert times[-1] == pytest.approx(9.75, abs=0.1)


def test_what_only_looks_like_a_video_is_said(tmp_path):
    path = put(tmp_path / "a.mp4", b"\0\0\0\x18ftypmp42" + b"x" * 2_000)
    assert look_for([path], tmp_path / "out").videos
    with pytest.raises(DataError, match="cannot be read as a video"):
        list(player().frames(path, 1.0))
    with pytest.raises(DataError, match="cannot be read as a video"):
        player().length(path)


def test_of_a_video_that_is_cut_off_what_is_there_is_looked_at(tmp_path):
    whole = clip(tmp_path / "a.avi", frames=60).read_bytes()
    path = put(tmp_path / "cut.avi", whole[: len(whole) // 2])
    assert 0 < len(list(player().frames(path, 0.1))) < 60


def test_sound_alone_has_no_picture(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as opened:
        stream = opened.add_stream("aac", rate=44_100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4_096), np.float32), "fltp", "mono")
        sound.sample_rate = 44_100
        for packet in (*stream.encode(sound), *stream.encode()):
            opened.mux(packet)
    with pytest.raises(DataError, match="sound alone"):
        list(player().frames(path, 1.0))


def test_frames_come_after_the_photos_and_are_gone_with_their_batch(tmp_path):
    put(tmp_path / "in" / "1.jpg", picture(1))
    path = clip(tmp_path / "in" / "clip.mp4")
    reader = Reader(look_for([tmp_path / "in" / "1.jpg", path], tmp_path / "out"), 1.0)
    assert reader.expected() == 5
    photos, frames = [
        [(each.name, each.time, each.path.exists()) for each in batch]
        for batch in reader.batches(tmp_path / "frames")
    ]
    assert photos == [("1.jpg", None, True)]
    assert frames[1] == ("clip-000010.jpg", 1.0, True)
    assert not list((tmp_path / "frames").rglob("*.jpg"))


def test_two_videos_of_one_name_are_told_apart(tmp_path):
    paths = [clip(tmp_path / name, frames=1) for name in ("a.mp4", "a.avi", "b.mp4")]
    reader = Reader(look_for(paths, tmp_path / "out"), 1.0)
    names = [each.name for batch in reader.batches(tmp_path / "frames") for each in batch]
    assert names == ["a.mp4-000000.jpg", "a.avi-000000.jpg", "b-000000.jpg"]


def test_videos_in_folders_are_counted_and_not_looked_at(tmp_path):
    put(tmp_path / "1.jpg", picture(1))
    clip(tmp_path / "clip.mp4")
    found = look_for([tmp_path], tmp_path / "out")
    assert not found.videos
    assert found.passed_over == {"video": 1}


@pytest.mark.parametrize(
    ("every", "rate", "seconds"),
    [
        (None, None, 1.0),
        ("500ms", None, 0.5),
        ("2m", None, 120),
        (".5s", None, 0.5),
        (None, 4, 0.25),
    ],
)
def test_distances_are_times_or_rates(every, rate, seconds):
    assert seconds_between(every, rate) == seconds


@pytest.mark.parametrize("every", ["", "1", "s", "0s", "-1s", "1 s", "nans", "1..5s", "1d", "²s"])
def test_what_is_no_time_is_refused(every):
    with pytest.raises(DataError):
        seconds_between(every, None)


def test_a_time_and_a_rate_are_one_too_many():
    with pytest.raises(DataError, match="say the same"):
        seconds_between("1s", 2.0)


def test_without_the_library_the_error_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['av'] = None\n"
        "from ymir.prediction.seen import player\n"
        "from ymir.errors import PluginError\n"
        "try: player()\n"
        "except PluginError as error: print(error.hint)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "pip install 'ymir-gitops[video]'\n"
