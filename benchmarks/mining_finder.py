"""A fast stub of a model, in Python's standard library: it learns nothing, and finds by digest.

Each image has up to two objects, and how sure the model is of them stands in the image's name; so
a million images take seconds, and what is measured is everything around the model.
"""

import json
import os
import re
from pathlib import Path


def main() -> None:
    """Do what `env.yaml` asks for."""
    env = dict(_values(Path(os.environ["DEFAULT_ENV_FILE_PATH"])))
    out = Path(env["output.root_dir"])
    config = Path(env["input.config_file"]).read_text()
    classes = re.findall(r"^- (\S+)", config.split("class_names:")[1], re.M)
    if env["run_training"] == "true":
        models = out / "models"
        models.mkdir(exist_ok=True)
        learned = Path(env["input.training_index_file"]).read_text().count("\n")
        (models / "model.txt").write_text(f"{learned} images\n")
        stage = "{files: [model.txt], mAP: 0.5, stage_name: best, timestamp: 1700000000}"
        (models / "result.yaml").write_text(
            f"best_stage_name: best\nmAP: 0.5\nmodel_stages:\n  best: {stage}\n"
        )
    else:
        candidates = Path(env["input.candidate_index_file"]).read_text().split()
        found = {path.rsplit("/", 1)[1]: {"boxes": _boxes(path, classes)} for path in candidates}
        (out / "infer-result.json").write_text(json.dumps({"detection": found}))
    (out / "monitor.txt").write_text("task\t1700000000\t1.0\t2\n")


def _values(file: Path) -> list[tuple[str, str]]:
    """The values of a YAML file of two levels, as `section.name`."""
    values, section = [], ""
    for line in file.read_text().splitlines():
        name, _, value = line.strip().partition(":")
        section = section if line.startswith(" ") else ""
        values.append((f"{section}{name}", value.strip().strip("'")))
        if not line.startswith(" ") and not value.strip():
            section = f"{name}."
    return values


def _boxes(path: str, classes: list[str]) -> list[dict[str, object]]:
    digest = int(path.rsplit("/", 1)[1][:8], 16)
    return [
        {
            "class_name": classes[(digest >> at) % len(classes)],
            "score": ((digest >> 8 * at) & 0xFFFF) / 0xFFFF,
            "box": {"x": at, "y": at, "w": 8, "h": 8},
        }
        for at in range(digest % 3)
    ]


if __name__ == "__main__":
    main()
