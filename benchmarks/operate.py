"""One piece of work on tables or hashes, as a process of its own: reads files, writes one.

python operate.py sample OUT TABLE          merge, exclude, filter-… are called alike
python operate.py near-4 OUT HASHES
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

LABELS = tuple(f"class-{number:02}" for number in range(5, 15))


def main() -> None:
    """Do what the command line says."""
    verb, out, *files = sys.argv[1:]
    if verb.startswith("near-"):
        _near(int(verb.removeprefix("near-")), Path(out), Path(files[0]))
    else:
        _derive(verb, Path(out), list(map(Path, files)))


def _derive(verb: str, out: Path, files: list[Path]) -> None:
    """As the stage of a dataset does it: read, operate, check, count, write."""
    import polars as pl

    from ymir.data.ops.exclude import exclude
    from ymir.data.ops.filter import filter_labels, with_labels
    from ymir.data.ops.merge import merge
    from ymir.data.ops.sample import sample
    from ymir.data.table import check, counts
    from ymir.media.tables import read_table, write_table

    operations: Mapping[str, Callable[..., pl.DataFrame]] = {
        "sample": partial(sample, share=0.5, seed=1),
        "exclude": exclude,
        "merge": merge,
        "merge-first": partial(merge, on_conflict="first"),
        "filter-images": partial(with_labels, labels=LABELS),
        "filter-boxes": partial(filter_labels, labels=LABELS),
    }
    first, *others = files
    columns = ["image"] if verb == "exclude" else None
    tables = [read_table(first), *(read_table(each, columns=columns) for each in others)]
    result = check(operations[verb](*tables))
    counts(result)
    write_table(result, out)


def _near(distance: int, out: Path, file: Path) -> None:
    import numpy as np

    from ymir.data.near import near_pairs

    np.save(out, near_pairs(np.load(file), distance=distance))


if __name__ == "__main__":
    main()
