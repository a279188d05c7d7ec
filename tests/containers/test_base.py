import time

from tests.containers.base import DOCKER, api, base, build

pytestmark = DOCKER


def said(image: str, *command: str) -> str:
    """What a container of the image prints; the engine may be late to know it."""
    container = api().containers.run(image, list(command) or None, detach=True)
    try:
        assert container.wait()["StatusCode"] == 0
        for _ in range(100):
            if printed := container.logs():
                return printed.decode()
            time.sleep(0.1)
    finally:
        container.remove(force=True)
    return ""


def test_the_base_runs_python_and_a_shell() -> None:
    code = "import ctypes, hashlib, json, sqlite3, ssl, zlib; print('fine')"
    assert said(base(), "sh", "-c", f'python3 -c "{code}" && id -u') == "fine\n0\n"


def test_an_image_is_built_once_and_changes_with_its_files() -> None:
    image = build("greeting", {"/app/word": "hello"}, 'CMD ["cat", "/app/word"]')
    assert said(image) == "hello"
    assert build("greeting", {"/app/word": "hello"}, 'CMD ["cat", "/app/word"]') == image
    assert build("greeting", {"/app/word": "bye"}, 'CMD ["cat", "/app/word"]') != image
