"""An executor as authors wrote them in 2022, on `ymir-exc` 1.1.0.523 of PyPI.

Its detector is simple: each class has a typical box, the mean of those in the training set, and is
found wherever one looks. Protocol: `absent`. Parameters: `pause`, seconds for each epoch, `epochs`.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

from ymir_exc import dataset_reader as dr
from ymir_exc import env, monitor, settings
from ymir_exc import result_writer as rw

# The SDK knows one place only, and says that tests may name another.
settings.DEFAULT_ENV_FILE_PATH = os.environ.get("DEFAULT_ENV_FILE_PATH", "/in/env.yaml")


def start() -> int:
    """Do what `env.yaml` asks for."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)
    cfg, config = env.get_current_env(), env.get_executor_config()
    if cfg.run_training:
        train(cfg, config)
    if cfg.run_mining:
        mine()
    if cfg.run_infer:
        infer(config)
    return 0


def train(cfg: env.EnvConfig, config: dict) -> None:
    """Learn the typical boxes."""
    names = config["class_names"]
    sums = {name: [0, 0, 0, 0, 0] for name in names}
    for epoch in range(int(config.get("epochs", 2))):
        for _asset, annotation in dr.item_paths(dr.DatasetType.TRAINING):
            for line in Path(annotation).read_text().splitlines():
                index, xmin, ymin, xmax, ymax = (int(each) for each in line.split(",")[:5])
                box = (xmin, ymin, xmax - xmin, ymax - ymin, 1)
                sums[names[index]] = [a + b for a, b in zip(sums[names[index]], box, strict=True)]
        time.sleep(float(config.get("pause", 0)))
        logging.info("epoch %s", epoch)
        monitor.write_monitor_logger(percent=(epoch + 1) / int(config.get("epochs", 2)))
    boxes = {name: [v // total for v in sides] for name, (*sides, total) in sums.items() if total}
    Path(cfg.output.models_dir, "boxes.json").write_text(json.dumps(boxes))
    validated = sum(1 for _ in dr.item_paths(dr.DatasetType.VALIDATION))
    rw.write_training_result(["boxes.json"], 0.5, dict.fromkeys(boxes, 0.5), validated=validated)


def mine() -> None:
    """Rank images by what their names look like."""
    assets = [asset for asset, _ in dr.item_paths(dr.DatasetType.CANDIDATE)]
    rw.write_mining_result([(asset, sum(map(ord, asset)) % 97 / 97) for asset in assets])
    monitor.write_monitor_logger(percent=0.5)


def infer(config: dict) -> None:
    """Find the typical box of each class in every image."""
    weights = next(path for path in config["model_params_path"] if path.endswith(".json"))
    boxes = json.loads(Path(weights).read_text())
    found = [
        rw.Annotation(class_name=name, score=0.5, box=rw.Box(x=x, y=y, w=w, h=h))
        for name, (x, y, w, h) in boxes.items()
    ]
    rw.write_infer_result({asset: found for asset, _ in dr.item_paths(dr.DatasetType.CANDIDATE)})
    monitor.write_monitor_logger(percent=1.0)


if __name__ == "__main__":
    sys.exit(start())
