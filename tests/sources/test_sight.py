from concurrent.futures import ThreadPoolExecutor

from ymir.sources.sight import Seen, Sight

A = Seen(1, 2, 3, "a" * 32, 64, 48, "jpg")
B = Seen(4, 5, 6, "b" * 32, problem="it is broken")
FRESH = Seen(7, 8, 9, "c" * 32, is_settled=False)


def sight(**files: Seen) -> Sight:
    made = Sight()
    made.add(files, files.values())
    return made


def test_what_was_seen_is_found_by_name():
    both = sight(a=A)
    both.join(sight(b=B))
    assert dict(both) == {"a": A, "b": B}
    assert list(both.column("digest", ["b", "nowhere", "a"])) == [B.digest, "", A.digest]
    assert list(both.stamps(["a", "nowhere"])) == [A[:3], (0, 0, 0)]


def test_only_what_is_settled_is_kept(tmp_path):
    sight(a=A, fresh=FRESH, b=B).save(tmp_path / "kept.jsonl")
    assert dict(Sight.load(tmp_path / "kept.jsonl")) == {"a": A, "b": B}


def test_nothing_kept_is_nothing_seen(tmp_path):
    assert not Sight.load(tmp_path / "kept.jsonl")


def test_two_who_look_at_once_both_keep_what_they_saw(tmp_path):
    """As `ymir plan` does beside `ymir notify`; one of them is the last, and is whole."""
    file, seen = tmp_path / "kept", sight(a=A, b=B)
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(seen.save, [file] * 400):
            pass
    assert dict(Sight.load(file)) == {"a": A, "b": B}
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
