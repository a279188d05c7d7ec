"""A small installation of ymir: what specs may name, without any plugin's own code."""

from collections.abc import Collection, Mapping

from pydantic import BaseModel

from ymir.kubernetes.settings import Settings as KubernetesSettings
from ymir.labelstudio.settings import Settings as LabelStudioSettings
from ymir.notices.command import Settings as CommandSettings
from ymir.notices.slack import Settings as SlackSettings
from ymir.notices.webhook import Settings as WebhookSettings
from ymir.slurm.settings import Settings as SlurmSettings
from ymir.spec.base import Count, Spec
from ymir.spec.manual import Manual, read_manual


class NoSettings(Spec):
    """Takes no parameters."""


class WorkerSettings(Spec):
    """May be told how many jobs run at once."""

    workers: Count = 1


class FolderSettings(Spec):
    """Has to be told how many people label."""

    people: Count
    format: str = "voc"


class DoubtSettings(Spec):
    """May be told how doubts about boxes become one about their image."""

    aggregate: str = "max"


PLUGINS: Mapping[str, Mapping[str, type[BaseModel] | None]] = {
    "formats": {"voc": None, "coco": None},
    "backends": {
        "process": WorkerSettings,
        "docker": None,
        "slurm": SlurmSettings,
        "kubernetes": KubernetesSettings,
    },
    "mining": {"random": NoSettings, "entropy": NoSettings, "hybrid": DoubtSettings},
    "labeling": {
        "existing": None,
        "folder": FolderSettings,
        "label-studio": LabelStudioSettings,
    },
    "notices": {"command": CommandSettings, "slack": SlackSettings, "webhook": WebhookSettings},
}


TEMPLATES = {"training-template.yaml": b"epochs: 10", "infer-template.yaml": b"batch: 8"}
IMAGES: Mapping[str, Manual] = {
    "acme/whole": Manual(
        templates={"training": {"epochs": 10}, "mining": {"batch": 8}, "infer": {"batch": 8}}
    ),
    "acme/live": read_manual({**TEMPLATES, "manifest.yaml": b"enable_livecode: true"}),
    "acme/masks": read_manual({**TEMPLATES, "manifest.yaml": b'"object_type": [3, 4]'}),
    "acme/blind": Manual(templates={"training": {"epochs": 10}}),
    "acme/broken": read_manual({**TEMPLATES, "infer-template.yaml": b"a: ["}),
    "acme/silent": Manual(),
}


class SmallInstallation:
    """Five kinds of plugins, one bundled executor, and what some images say of themselves."""

    def plugins(self, kind: str) -> Collection[str]:
        return PLUGINS[kind]

    def settings(self, kind: str, plugin: str) -> type[BaseModel] | None:
        return PLUGINS[kind][plugin]

    def executors(self) -> Collection[str]:
        return {"tinydet"}

    def manual(self, executor: str) -> Manual | None:
        training = {"iterations": 600, "export_onnx": True, "optimizer": "adam", "extra": None}
        return Manual(templates={"training": training, "infer": {"batch": 8}})

    def image(self, reference: str) -> Manual | None:
        return IMAGES.get(reference)
