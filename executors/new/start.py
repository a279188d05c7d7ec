"""An executor that learns where the things of each class usually are, and nothing else.

Put a real detector into `learn`, `find` and `rank`; what is around them keeps the folder contract.
"""

import json
import os
import sys
import time
from pathlib import Path

import yaml
from PIL import Image


def learn(examples, class_names):
    """The mean box of each class, in shares of an image, and how many images have one."""
    model = {}
    for number, name in enumerate(class_names):
        boxes = [box for objects in examples for index, box in objects if index == number]
        images = sum(any(index == number for index, _ in objects) for objects in examples)
        if boxes:
            mean = [sum(side) / len(boxes) for side in zip(*boxes, strict=True)]
            model[name] = {"box": mean, "score": images / len(examples)}
    return model


def find(model, image, config):
    """The objects in an image, in pixels."""
    w, h = Image.open(image).size
    for name, known in model.items():
        if known["score"] >= config.get("confidence_threshold", 0.1):
            x, y, *size = (int(a * b) for a, b in zip(known["box"], (w, h, w, h), strict=True))
            box = {"x": x, "y": y, "w": size[0], "h": size[1]}
            yield {"class_name": name, "score": known["score"], "box": box}


def rank(image):
    """How much there is to learn: files with more details are larger."""
    w, h = Image.open(image).size
    return Path(image).stat().st_size / (w * h)


def example(line):
    """The objects in one line of an index file: class index, and x, y, w, h in shares."""
    image, annotation = line.split()
    w, h = Image.open(image).size
    for row in Path(annotation).read_text().splitlines():
        x, y, last_x, last_y = map(float, row.split(",")[1:5])
        yield int(row.split(",")[0]), [x / w, y / h, (last_x - x + 1) / w, (last_y - y + 1) / h]


def train(env, config, say):
    """Write a model, and in `result.yaml` what belongs to it."""
    lines = Path(env["input"]["training_index_file"]).read_text().splitlines()
    examples = []
    for line in lines:
        examples.append(list(example(line)))
        say(len(examples) / (len(lines) + 1))
    model = learn(examples, config["class_names"])
    Path(env["output"]["models_dir"], "boxes.json").write_text(json.dumps(model))
    best = {
        "stage_name": "best",
        "files": ["boxes.json"],
        "timestamp": int(time.time()),
        "mAP": 0.0,
    }
    result = {"best_stage_name": "best", "model_stages": {"best": best}}
    Path(env["output"]["training_result_file"]).write_text(yaml.safe_dump(result))


def look(env, config, say):
    """Find objects, rank images, or both."""
    model = json.loads(Path(config["model_params_path"][0]).read_text())
    images = Path(env["input"]["candidate_index_file"]).read_text().splitlines()
    found = {}
    for image in images:
        found[Path(image).name] = {"boxes": list(find(model, image, config))}
        say(len(found) / (len(images) + 1))
    if env["run_infer"]:
        Path(env["output"]["infer_result_file"]).write_text(json.dumps({"detection": found}))
    if env["run_mining"]:
        best_first = sorted(((rank(image), image) for image in images), reverse=True)
        text = "".join(f"{image}\t{score}\n" for score, image in best_first)
        Path(env["output"]["mining_result_file"]).write_text(text)


def main():
    """Do what `env.yaml` asks for, and say how far it is."""
    env = yaml.safe_load(Path(os.environ.get("DEFAULT_ENV_FILE_PATH", "/in/env.yaml")).read_text())
    config = yaml.safe_load(Path(env["input"]["config_file"]).read_text())
    monitor = Path(env["output"]["monitor_file"])

    def say(share, state=2, why=""):
        part = monitor.with_suffix(".part")  # replaced in one step: nobody reads half a line
        part.write_text(f"{env['task_id']}\t{time.time()}\t{share:.2f}\t{state}{why}\n")
        part.replace(monitor)

    try:
        (train if env["run_training"] else look)(env, config, say)
    except (OSError, ValueError) as error:  # of the data
        say(1, 4, f"\t300002\t{error}")
        sys.exit(f"the data cannot be used: {error}")
    say(1)


if __name__ == "__main__":
    main()
