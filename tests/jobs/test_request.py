import pytest

from ymir.errors import SpecError
from ymir.jobs.request import check_parameters


def test_an_executors_own_parameters_are_taken() -> None:
    check_parameters({"epochs": 5, "export_format": "voc:raw"})


def test_what_ymir_decides_is_no_parameter() -> None:
    with pytest.raises(SpecError, match="class_names, gpu_id"):
        check_parameters({"gpu_id": "3", "class_names": ["cat"], "epochs": 5})


def test_an_annotation_format_that_nobody_writes_is_refused() -> None:
    with pytest.raises(SpecError, match="`coco:raw`, and ymir writes ark:raw or voc:raw"):
        check_parameters({"export_format": "coco:raw"})
