"""`labels_bare.py send|collect TASK`: the same calls of the server, and nothing besides.

No look at what is there already, no second try, no check of what comes back.
"""

import json
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

import httpx
from labels_made import BOXES, CLASSES, read_batch, read_task, region

FILES, TASKS = 100, 250  # a request
TITLE = "bare"


def main() -> None:
    """Do what the command line says."""
    task = read_task(Path(sys.argv[2]))
    answer = httpx.post(f"{task.url}/api/token/refresh/", json={"refresh": task.token}, timeout=60)
    bearer = {"Authorization": f"Bearer {answer.json()['access']}"}
    with httpx.Client(base_url=task.url, headers=bearer, timeout=600) as client:
        if sys.argv[1] == "send":
            media = read_batch(task.batch).media
            send(client, {image: media[image] for image in media})
        else:
            collect(client)


def send(client: httpx.Client, media: dict[str, Path]) -> None:
    """A project, its files, their addresses, its tasks."""
    labels = "".join(f"<Label value={quoteattr(name)}/>" for name in CLASSES)
    config = (
        '<View><Image name="image" value="$image"/>'
        f'<RectangleLabels name="label" toName="image">{labels}</RectangleLabels></View>'
    )
    body = {"title": TITLE, "label_config": config}
    place = f"/api/projects/{checked(client.post('/api/projects/', json=body)).json()['id']}"
    items = list(media.items())
    for at in range(0, len(items), FILES):
        files = {
            f"f{number}": (f"{image}.jpg", file.read_bytes())
            for number, (image, file) in enumerate(items[at : at + FILES])
        }
        asked = {"commit_to_project": "false"}
        checked(client.post(f"{place}/import", params=asked, files=files))
    listed = checked(client.get(f"{place}/file-uploads", params={"all": "true"})).json()
    there = {Path(each["file"]).stem[9:]: f"/data/{each['file']}" for each in listed}
    shown = [region(number) for number in range(BOXES)]
    suggested = [{"model_version": "bench/r1", "score": 0.9, "result": shown}]
    rows = [
        {"data": {"image": there[image], "ymir_image": image}, "predictions": suggested}
        for image in media
    ]
    for at in range(0, len(rows), TASKS):
        checked(client.post(f"{place}/import", json=rows[at : at + TASKS]))


def collect(client: httpx.Client) -> None:
    """The export, read."""
    asked = {"title": TITLE, "include": "id"}
    listed = checked(client.get("/api/projects/", params=asked)).json()
    place = f"/api/projects/{listed['results'][0]['id']}/export"
    wanted = {"exportType": "JSON", "download_all_tasks": "true"}
    rows = json.loads(checked(client.get(place, params=wanted)).content)
    assert all(len(row["annotations"]) == 1 for row in rows)


def checked(answer: httpx.Response) -> httpx.Response:
    """An answer that says yes."""
    return answer.raise_for_status()


if __name__ == "__main__":
    main()
