"""How specs refer to a dataset: by its name, or by one of its versions, as `site-train@v2`."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from ymir.spec.base import distinct
from ymir.spec.scope import refers_to

_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}(@v[1-9][0-9]*)?$"


def dataset_of(reference: str) -> str:
    """The dataset that a reference means, whichever version of it."""
    return reference.partition("@")[0]


def is_pinned(reference: str) -> bool:
    """Whether a reference means one version, which never changes, instead of the newest."""
    return "@" in reference


def _well_pinned(value: object) -> object:
    if isinstance(value, str) and is_pinned(value) and not re.fullmatch(_PATTERN, value):
        raise ValueError(f"`{value}` is no version of a dataset: write it as `site-train@v2`")
    return value


DatasetName = Annotated[
    str,
    StringConstraints(pattern=_PATTERN),
    Field(
        description="A dataset's name, or one version of it, as `name@v2`, which never changes.",
        json_schema_extra={"patternErrorMessage": "a dataset's `name` or `name@v2`"},
    ),
    BeforeValidator(_well_pinned),
    refers_to("Dataset", by=dataset_of),
]
DatasetNames = Annotated[tuple[DatasetName, ...], AfterValidator(distinct)]
