"""The input side of the folder contract: `env.yaml`, `config.yaml` and the index files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from ymir_kit.config import Config
from ymir_kit.errors import Code, ExecutorError

DEFAULT_ENVIRONMENT_FILE = "/in/env.yaml"


@dataclass(frozen=True)
class Environment:
    """What the platform asks for, and the absolute paths it wants it read from and written to."""

    task_id: str
    protocol_version: str
    run_training: bool
    run_mining: bool
    run_infer: bool
    config_file: Path
    training_index_file: Path | None
    val_index_file: Path | None
    candidate_index_file: Path | None
    output_folder: Path
    models_folder: Path
    monitor_file: Path
    training_result_file: Path
    mining_result_file: Path
    infer_result_file: Path

    @property
    def speaks_old_protocol(self) -> bool:
        """Whether the platform is older than protocol 1.0.0 and wants the old result forms."""
        return not self.protocol_version or self.protocol_version.startswith("0.")


@dataclass(frozen=True)
class LabelledLine:
    """One line of a training or validation index."""

    image: Path
    annotation: Path


def environment_file() -> Path:
    """Where `env.yaml` is: the variable DEFAULT_ENV_FILE_PATH, else the contract's own path."""
    return Path(os.environ.get("DEFAULT_ENV_FILE_PATH") or DEFAULT_ENVIRONMENT_FILE)


def read_environment(path: Path) -> Environment:
    """Return what `env.yaml` asks for; absent keys get the contract's defaults."""
    values = read_mapping(path)
    into = _section(values, "input")
    out = _section(values, "output")
    output_folder = Path(str(out.get("root_dir") or "/out"))
    models_folder = Path(str(out.get("models_dir") or output_folder / "models"))
    flags = Config(values)
    return Environment(
        task_id=str(values.get("task_id") or "task"),
        protocol_version=str(values.get("protocol_version") or ""),
        run_training=flags.boolean("run_training", False),
        run_mining=flags.boolean("run_mining", False),
        run_infer=flags.boolean("run_infer", False),
        config_file=Path(str(into.get("config_file") or "/in/config.yaml")),
        training_index_file=_optional_path(into, "training_index_file"),
        val_index_file=_optional_path(into, "val_index_file"),
        candidate_index_file=_optional_path(into, "candidate_index_file"),
        output_folder=output_folder,
        models_folder=models_folder,
        monitor_file=Path(str(out.get("monitor_file") or output_folder / "monitor.txt")),
        training_result_file=Path(
            str(out.get("training_result_file") or models_folder / "result.yaml")
        ),
        mining_result_file=Path(str(out.get("mining_result_file") or output_folder / "result.tsv")),
        infer_result_file=Path(
            str(out.get("infer_result_file") or output_folder / "infer-result.json")
        ),
    )


def read_mapping(path: Path) -> Mapping[str, object]:
    """Return the YAML mapping in `path`, or say that there is none."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ExecutorError(Code.CONFIG, f"cannot read `{path}`: {reason}") from error
    if not isinstance(values, dict):
        raise ExecutorError(Code.CONFIG, f"`{path}` must be a mapping of keys to values")
    return values


def read_labelled_index(path: Path | None) -> tuple[LabelledLine, ...]:
    """Return image and annotation of every line of an index; no file means no lines."""
    lines = []
    for number, line in _index_lines(path):
        columns = line.split("\t") if "\t" in line else line.split()
        if len(columns) < 2:
            raise ExecutorError(
                Code.DATASET, f"{path}:{number}: expected `<image><tab><annotation>`, got `{line}`"
            )
        lines.append(LabelledLine(Path(columns[0].strip()), Path(columns[1].strip())))
    return tuple(lines)


def read_candidates(path: Path | None) -> tuple[str, ...]:
    """Return the image paths of a candidate index, exactly as they are written there."""
    return tuple(line.split("\t")[0] for _, line in _index_lines(path))


def _index_lines(path: Path | None) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExecutorError(Code.DATASET, f"cannot read the index `{path}`: {error}") from error
    numbered = enumerate(text.split("\n"), start=1)
    return [(number, line.rstrip("\r")) for number, line in numbered if line.strip()]


def _section(values: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return the mapping under `key`, empty when it is absent."""
    section = values.get(key) or {}
    if not isinstance(section, dict):
        raise ExecutorError(Code.CONFIG, f"`{key}` in env.yaml must be a mapping")
    return section


def _optional_path(section: Mapping[str, object], key: str) -> Path | None:
    """Return the path under `key`; the platform writes '' for what a task does not have."""
    text = str(section.get(key) or "")
    return Path(text) if text else None
