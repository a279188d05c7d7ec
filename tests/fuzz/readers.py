"""Every reader of bytes from strangers, by name."""

from collections.abc import Mapping

from tests.fuzz.target import Target
from tests.fuzz.targets import answers, datasets, records, results

READERS: Mapping[str, Target] = {
    each.name: each
    for each in (*datasets.TARGETS, *results.TARGETS, *records.TARGETS, *answers.TARGETS)
}
