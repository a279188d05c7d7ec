from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.dvc.test_altered import FILES, cache, entries
from ymir.dvc import folders


def test_two_who_lay_out_what_was_damaged_at_once_both_succeed(tmp_path: Path) -> None:
    """As `ymir report` does beside `ymir plan`: both find that files are gone."""
    folder, wanted = tmp_path / "data" / "v1", entries(tmp_path)
    folders.lay_out(cache(tmp_path), wanted, folder)

    def mend(_: int) -> None:
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        folders.lay_out(cache(tmp_path), wanted, folder)

    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(mend, range(400)):
            pass
    folders.lay_out(cache(tmp_path), wanted, folder)
    laid_out = {path for path in folder.rglob("*") if path.is_file()}
    assert {each.relative_to(folder).as_posix(): each.read_bytes() for each in laid_out} == FILES
    assert [each.name for each in folder.parent.iterdir()] == ["v1"]
