"""An executor that learns fast: it remembers which class a colour had, and knows no other colour.

It is a program of its own and speaks the folder contract only. Each image is a grid of cells, a
coloured block in some of them. More labels mean more colours, so mAP rises with every round.
Parameters: `pause` (seconds of training), `fail` (ends with exit code 3), `lie` (lists a file that
is not there), `scribble` (writes into its input images), `old` (reports as executors of YMIR 1.1
do), `onnx` (writes a second model file, the `same` model or `another`), `fault` (`moody`: the
model's scores depend on how many images it is asked about; `fragile`: it fails in its package's
proof).
"""

import json
import os
import sys
import time
from pathlib import Path

import yaml
from PIL import Image

CELL, BLOCK = 16, 12


def main() -> None:
    env = yaml.safe_load(Path(os.environ["DEFAULT_ENV_FILE_PATH"]).read_text())
    config = yaml.safe_load(Path(env["input"]["config_file"]).read_text())
    if config.get("fail"):
        sys.exit("ValueError: asked to fail\n" * 2)
    if env["run_training"]:
        train(env, config)
    if env["run_mining"]:
        mine(env, config)
    if env["run_infer"]:
        infer(env, config)


def train(env: dict, config: dict) -> None:
    out = env["output"]
    memory = known(config.get("pretrained_model_params"))
    for line in Path(env["input"]["training_index_file"]).read_text().splitlines():
        image, annotation = line.split("\t")
        pixels = Image.open(image).convert("RGB")
        for box in Path(annotation).read_text().splitlines():
            index, left, top, right, bottom = (int(float(v)) for v in box.split(",")[:5])
            colour = pixels.getpixel(((left + right) // 2, (top + bottom) // 2))
            memory[name_of(colour)] = config["class_names"][index]
    if config.get("scribble"):
        for image in Path(env["input"]["assets_dir"]).glob("*/*"):
            image.chmod(0o644)
            image.write_bytes(image.read_bytes() + b" mine")
    for step in range(10):
        monitor(env, step / 10)
        time.sleep(float(config.get("pause", 0)) / 10)
    files = write_models(Path(out["models_dir"]), config, memory)
    stage = {
        "stage_name": "best",
        "files": [*files, "gone.json"] if config.get("lie") else files,
        "timestamp": 1700000000,
        "mAP": 0.5,
    }
    result = {"best_stage_name": "best", "model_stages": {"best": stage}}
    if config.get("old"):
        result = {"model": ["memory.json"], "map": "0.5"}
    Path(out["training_result_file"]).write_text(yaml.safe_dump(result))
    monitor(env, 1.0)


def write_models(models: Path, config: dict, memory: dict) -> list[str]:
    fault = {"fault": config["fault"]} if config.get("fault") else {}
    (models / "memory.json").write_text(json.dumps({**memory, **fault}, sort_keys=True))
    if not config.get("onnx"):
        return ["memory.json"]
    other = dict.fromkeys(memory, config["class_names"][0])
    second = other if config["onnx"] == "another" else memory
    (models / "memory.onnx").write_text(json.dumps(second, sort_keys=True))
    return ["memory.json", "memory.onnx"]


def infer(env: dict, config: dict) -> None:
    suffix = ".onnx" if config.get("runtime") == "onnx" else ".json"
    memory = known([each for each in config["model_params_path"] if each.endswith(suffix)])
    if memory.get("fault") == "fragile" and env["task_id"].endswith("-native"):
        sys.exit("RuntimeError: the weights do not load")
    sure = len(candidates(env)) / 100 if memory.get("fault") == "moody" else 0.9
    detection = {
        Path(image).name: {
            "boxes": [
                {
                    "class_name": memory.get(colour, config["class_names"][0]),
                    "score": sure if colour in memory else 0.5,
                    "box": {"x": x, "y": y, "w": BLOCK, "h": BLOCK},
                }
                for x, y, colour in blocks(image)
            ]
        }
        for image in candidates(env)
    }
    Path(env["output"]["infer_result_file"]).write_text(json.dumps({"detection": detection}))


def mine(env: dict, config: dict) -> None:
    memory = known(config["model_params_path"])
    scores = {
        image: sum(colour not in memory for _, _, colour in blocks(image))
        for image in candidates(env)
    }
    ranked = sorted(scores, key=lambda image: (-scores[image], image))
    text = "".join(f"{image}\t{scores[image]}\n" for image in ranked)
    Path(env["output"]["mining_result_file"]).write_text(text)


def blocks(image: str) -> list[tuple[int, int, str]]:
    pixels = Image.open(image).convert("RGB")
    background = pixels.getpixel((0, 0))
    return [
        (x + 2, y + 2, name_of(colour))
        for y in range(0, pixels.height, CELL)
        for x in range(0, pixels.width, CELL)
        if (colour := pixels.getpixel((x + CELL // 2, y + CELL // 2))) != background
    ]


def known(files: list[str] | None) -> dict[str, str]:
    return json.loads(Path(files[0]).read_text()) if files else {}


def candidates(env: dict) -> list[str]:
    return Path(env["input"]["candidate_index_file"]).read_text().split()


def name_of(colour: tuple[int, ...]) -> str:
    return "-".join(map(str, colour))


def monitor(env: dict, share: float) -> None:
    text = f"{env['task_id']}\t{time.time()}\t{share:.2f}\t2\n"
    Path(env["output"]["monitor_file"]).write_text(text)


if __name__ == "__main__":
    main()
