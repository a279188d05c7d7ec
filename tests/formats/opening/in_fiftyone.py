"""`python in_fiftyone.py FILE DIR DIR`: what FiftyOne sees in labels and predictions, as JSON."""

import json
import sys
from pathlib import Path

import fiftyone as fo


def opened(folder):
    return fo.Dataset.from_dir(folder, dataset_type=fo.types.FiftyOneDataset)


def see(dataset):
    field = next(name for name in ("predictions", "ground_truth") if dataset.has_field(name))
    return {
        "field": field,
        "classes": dataset.default_classes,
        "counts": dataset.count_values(f"{field}.detections.label"),
        "dim": dataset.match_tags("light=dim").count(),
        "taken": dataset.take(1, seed=51).count(),
        "images": [image(sample, field) for sample in dataset],
    }


def image(sample, field):
    about = sample.metadata
    return {
        "name": sample.filename,
        "digest": sample.digest,
        "bytes": [Path(sample.filepath).stat().st_size, about.size_bytes],
        "size": [about.width, about.height],
        "tags": sample.tags,
        "objects": [detection(each, about) for each in sample[field].detections],
    }


def detection(each, about):
    x, y, w, h = each.bounding_box
    return {
        "label": each.label,
        "box": [x * about.width, y * about.height, w * about.width, h * about.height],
        "score": each.confidence,
        "crowd": bool(each.get_attribute_value("iscrowd", None)),
        "attributes": {key: each[key] for key in each.field_names if key in ("pose", "état")},
    }


truth, predicted = map(opened, sys.argv[2:])
seen = [see(truth), see(predicted)]
truth.merge_samples(predicted, key_field="digest", fields=["predictions"])
results = truth.evaluate_detections("predictions", gt_field="ground_truth", compute_mAP=True)
Path(sys.argv[1]).write_text(json.dumps({"seen": seen, "map": results.mAP()}))
