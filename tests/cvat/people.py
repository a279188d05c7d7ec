"""What people do in the played-back CVAT, in the manner of its browser page."""

from tests.cvat.state import NOW


def tasks(cvat):
    return list(cvat.state.tasks.values())


def frame_of(task, image):
    return next(at for at, each in enumerate(task.frames) if each.name.startswith(image))


def job_of(task, frame):
    return next(each for each in task.jobs if each["start_frame"] <= frame <= each["stop_frame"])


def draw(cvat, task, frame, label="helmet_head", points=(10, 10, 30, 20), **more):
    """Draw something and save: the job is in progress then."""
    number = cvat.state.label(label)
    shape = {"frame": frame, "label_id": number, "points": list(map(float, points)), **more}
    cvat.state.draw(task, [shape])
    job = job_of(task, frame)
    if job["state"] == "new":
        job["state"] = "in progress"


def take_out(task, frame):
    """Remove an image from the task; nobody is asked about it any more."""
    task.deleted = sorted({*task.deleted, frame})


def finish(task, state="completed", stage="annotation", by="anna"):
    """Finish all jobs of a task."""
    for job in task.jobs:
        job.update(state=state, stage=stage, updated_date=NOW)
        job["assignee"] = {**job["assignee"], "username": by} if by else None
