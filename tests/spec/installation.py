"""A small installation of ymir: what specs may name, without any plugin's own code."""

from collections.abc import Collection, Mapping

from pydantic import BaseModel, JsonValue

from ymir.spec.base import Count, Spec


class NoSettings(Spec):
    """Takes no parameters."""


class FolderSettings(Spec):
    """Has to be told how many people label."""

    people: Count
    format: str = "voc"


PLUGINS: Mapping[str, Mapping[str, type[BaseModel] | None]] = {
    "formats": {"voc": None, "coco": None},
    "backends": {"process": None, "docker": None},
    "mining": {"random": NoSettings, "entropy": NoSettings},
    "labeling": {"existing": None, "folder": FolderSettings},
}


class SmallInstallation:
    """Four kinds of plugins, one bundled executor."""

    def plugins(self, kind: str) -> Collection[str]:
        return PLUGINS[kind]

    def settings(self, kind: str, plugin: str) -> type[BaseModel] | None:
        return PLUGINS[kind][plugin]

    def executors(self) -> Collection[str]:
        return {"tinydet"}

    def template(self, executor: str, task: str) -> Mapping[str, JsonValue] | None:
        if task != "training":
            return None
        return {"iterations": 600, "export_onnx": True, "optimizer": "adam", "extra": None}
