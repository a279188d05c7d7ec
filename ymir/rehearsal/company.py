"""An executor ready to rehearse: how its jobs are made and run, and with which parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from ymir.contracts.backend import Backend, Job
from ymir.jobs.program import Runner
from ymir.jobs.request import Inference, Request, Training, Weights, fitted
from ymir.rehearsal.pictures import Pictures
from ymir.rehearsal.take import Take, act
from ymir.spec.manual import Manual

Parameters = Mapping[str, JsonValue]
TASKS = ("training", "mining", "infer")


@dataclass(frozen=True)
class Company:
    """Where and how scenes are played; `tag` tells this rehearsal's jobs from all others."""

    runner: Runner
    backend: Backend
    folder: Path
    tag: str
    manual: Manual | None = None  # what it says of itself, where it can be asked
    parameters: Mapping[str, Parameters] = field(default_factory=dict)  # task -> its own
    stranger: Backend | None = None  # runs jobs as a user whom the image does not know

    @property
    def in_containers(self) -> bool:
        """Whether there are walls around its jobs."""
        return self.runner.in_containers

    @property
    def tasks(self) -> Collection[str]:
        """What it can do, as far as is known."""
        return self.manual.templates if self.manual and self.manual.templates else TASKS

    def allowed(self, *, network: bool | None = None, root: bool | None = None) -> Company:
        """The same with these permissions in place of the spec's."""
        changes = {"network": network, "run_as_root": root}
        given = {name: value for name, value in changes.items() if value is not None}
        return replace(
            self, runner=replace(self.runner, spec=self.runner.spec.model_copy(update=given))
        )

    def job(self, scene: str, request: Request) -> Job:
        """Lay out the scene's job."""
        name = f"{self.tag}-{scene}"
        asked = fitted(replace(request, task=name), self.runner.spec.protocol, self._defaults)
        return self.runner.job(asked, self.folder / scene, name)

    @property
    def _defaults(self) -> Mapping[str, Parameters]:
        """What the loop would send of its templates: nothing, of a workspace's own commands."""
        is_asked = self.in_containers or self.runner.spec.bundled is not None
        return self.manual.templates if self.manual and is_asked else {}

    def act(self, scene: str, request: Request) -> Take:
        """Lay out the scene's job, and run it to its end."""
        return act(scene, self.job(scene, request), self.backend)

    def training(self, pictures: Pictures) -> Training:
        """Train on these."""
        return Training(
            task="",
            class_names=pictures.class_names,
            training=pictures.training,
            validation=pictures.validation,
            media=pictures.media,
            parameters=self.parameters.get("training", {}),
            gpus=self.runner.spec.resources.gpus,
        )

    def inference(
        self, pictures: Pictures, model: Weights, *, finding: bool = True, ranking: bool = False
    ) -> Inference:
        """Look at the candidates among these."""
        return Inference(
            task="",
            class_names=pictures.class_names,
            images=pictures.candidates,
            media=pictures.media,
            model=model,
            parameters=self.parameters.get("mining" if ranking else "infer", {}),
            gpus=self.runner.spec.resources.gpus,
            is_finding=finding,
            is_ranking=ranking,
        )
