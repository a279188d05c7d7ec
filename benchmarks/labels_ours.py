"""`labels_ours.py send|collect TASK`: a batch, as ymir sends it and takes it back."""

import os
import sys
from pathlib import Path

from labels_made import BOXES, frame, read_batch, read_task

from ymir.contracts.labeling import Answers, Waiting, tools

if __name__ == "__main__":
    task = read_task(Path(sys.argv[2]))
    batch, tool = read_batch(task.batch), tools.load("label-studio")
    os.environ["BENCH_TOKEN"] = task.token
    settings = {"url": task.url, "token": {"env": "BENCH_TOKEN"}}
    if sys.argv[1] == "send":
        said = tool.send(batch, settings)
        assert not isinstance(said, Waiting), said
        assert said["images"] == batch.images.height
    else:
        answers = tool.collect(batch, settings)
        assert isinstance(answers, Answers), answers
        assert frame(answers.rows) == (batch.images.height, BOXES * batch.images.height)
