"""What the played-back CVAT remembers, so that asking twice can be told from asking once.

It keeps only what the label tool relies on: names, labels, images, jobs, what is drawn. Answers are
those of `exchanges/`, with these things filled in.
"""

import json
from dataclasses import dataclass, field

from tests.cvat.exchanges import answer

NOW = "2026-11-23T09:30:00.123456Z"


@dataclass
class Frame:
    name: str
    size: tuple[int, int]


@dataclass
class Task:
    id: int
    name: str
    project: int
    segment: int
    arriving: dict[str, tuple[int, int]] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    jobs: list[dict] = field(default_factory=list)
    marks: dict = field(default_factory=lambda: {"shapes": [], "tracks": [], "tags": []})
    creation: str | None = None  # the state of the request that takes the images in


@dataclass
class State:
    """Projects, tasks, labels and jobs, each numbered from 1."""

    projects: dict[int, str] = field(default_factory=dict)
    labels: list[dict] = field(default_factory=list)
    guides: dict[int, tuple[int, str]] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    made: int = 0
    refuses: str | None = None  # why images are not taken in
    is_slow: bool = False  # images stay on their way
    share: dict[str, tuple[int, int]] = field(default_factory=dict)

    def number(self):
        self.made += 1
        return self.made

    def add_project(self, name, labels):
        number = self.number()
        self.projects[number] = name
        self.add_labels(number, labels)
        return number

    def add_labels(self, project, labels):
        known = {each["name"] for each in self.labels if each["project_id"] == project}
        for each in labels:
            assert each["name"] not in known, "a label is there twice"
            one = answer("labels")["results"][0]
            self.labels.append({**one, **each, "id": self.number(), "project_id": project})

    def add_task(self, name, project, segment):
        number = self.number()
        self.tasks[number] = Task(number, name, project, segment)
        return number

    def take_in(self, task, names, sizes):
        """The images of a task are all there: it gets its frames and jobs, once and for all."""
        assert not task.frames, "images are attached once"
        if self.refuses:
            task.creation = "failed"
        elif self.is_slow:
            task.creation = "started"
        else:
            task.creation = "finished"
        task.arriving = {name: sizes[name] for name in names}
        if task.creation == "finished":
            self.arrive(task)

    def arrive(self, task):
        task.creation = "finished"
        task.frames = [Frame(*each) for each in task.arriving.items()]
        for first in range(0, len(task.frames), task.segment):
            last = min(first + task.segment, len(task.frames)) - 1
            job = answer("jobs")["results"][0]
            task.jobs.append(
                {
                    **job,
                    "id": self.number(),
                    "task_id": task.id,
                    "task_name": task.name,
                    "start_frame": first,
                    "stop_frame": last,
                    "frame_count": last - first + 1,
                    "updated_date": NOW,
                }
            )

    def draw(self, task, shapes, source="manual"):
        one = answer("marks")["shapes"][0]
        task.marks["shapes"] += [
            {**one, "source": source, **each, "id": self.number()} for each in shapes
        ]

    def label(self, name):
        return next(each["id"] for each in self.labels if each["name"] == name)

    # as answers

    def project_body(self, number):
        body = answer("create-project")
        guide = next((at for at, (of, _) in self.guides.items() if of == number), None)
        return {**body, "id": number, "name": self.projects[number], "guide_id": guide}

    def task_body(self, task):
        one = answer("tasks")["results"][0] if task.frames else answer("create-task")
        sizes = {"size": len(task.frames)} if task.frames else {}
        named = {"id": task.id, "name": task.name, "project_id": task.project}
        return {**one, **named, **sizes, "segment_size": task.segment}

    def request_body(self, task):
        one = answer("request")
        said = self.refuses if task.creation == "failed" else ""
        operation = {**one["operation"], "task_id": task.id}
        status = {"status": task.creation, "message": said or ""}
        return {**one, **status, "id": request_of(task.id), "operation": operation}

    def meta_body(self, task):
        one = answer("meta")
        frames = [
            {**one["frames"][0], "name": each.name, "width": each.size[0], "height": each.size[1]}
            for each in task.frames
        ]
        last = len(frames) - 1
        return {
            **one,
            "size": len(frames),
            "stop_frame": last,
            "frames": frames,
            "deleted_frames": task.deleted,
        }


def request_of(task):
    return f"action=create&target=task&id={task}"


def page(bodies, query):
    """Some of a list, as it is asked for; small pages, so that there are several."""
    size = min(int(query["page_size"]), 2)
    first = (int(query["page"]) - 1) * size
    more = f"http://cvat.example/?page={int(query['page']) + 1}"
    following = more if first + size < len(bodies) else None
    found = bodies[first : first + size]
    return {"count": len(bodies), "next": following, "previous": None, "results": found}


def holds(query, name):
    """Whether a JSON filter lets a name through."""
    if "filter" not in query:
        return True
    part, where = json.loads(query["filter"])["in"]
    assert where == {"var": "name"}
    return part in name
