"""What of a CVAT server's answers is read; the rest may change from version to version."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Reply(BaseModel):
    """Some fields of an answer."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Page(Reply):
    """Some entries of a list."""

    results: list[object]
    next: str | None = None


class About(Reply):
    """What the server says of itself."""

    version: str


class Project(Reply):
    """Tasks with the same labels."""

    id: int
    name: str
    guide_id: int | None = None


class Guide(Reply):
    """What annotators are told."""

    id: int
    markdown: str


class Label(Reply):
    """A class that can be drawn, with one kind of shape or any."""

    id: int
    name: str
    type: str = "any"
    parent_id: int | None = None  # a point of a skeleton has one


class Task(Reply):
    """Images that went out together; `size` is 0 until the server has taken them in."""

    id: int
    name: str
    size: Annotated[int, BeforeValidator(lambda size: size or 0)] = 0


class Creation(Reply):
    """How far the server is with taking in the images of a task."""

    id: str
    status: str
    message: str = ""


class Taking(Reply):
    """The server has begun to take in images; `rq_id` names that."""

    rq_id: str


class Person(Reply):
    """Somebody with an account."""

    username: str


class Job(Reply):
    """Some images of a task in a row, which one person labels."""

    id: int
    start_frame: int
    stop_frame: int  # the last one
    stage: str
    state: str
    type: str = "annotation"
    assignee: Person | None = None
    updated_date: str | None = None

    @property
    def frames(self) -> range:
        """The numbers of its images in the task."""
        return range(self.start_frame, self.stop_frame + 1)


class Frame(Reply):
    """An image in a task."""

    name: str
    width: int
    height: int


class Meta(Reply):
    """The images of a task, and the numbers of those that people took out."""

    frames: list[Frame]
    deleted_frames: list[int] = []


class Shape(Reply):
    """Something that is drawn on an image: numbers in pixels, `rotation` in degrees."""

    frame: int
    label_id: int
    type: str
    points: list[float] = []
    rotation: float = 0
    source: str = ""


class Track(Reply):
    """Something that is followed over the images of a job."""

    frame: int
    label_id: int


class Marks(Reply):
    """Everything that is drawn in a task."""

    shapes: list[Shape] = []
    tracks: list[Track] = []
