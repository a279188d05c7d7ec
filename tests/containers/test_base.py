from tests.containers.base import DOCKER, api, base, build

pytestmark = DOCKER


def said(image: str, *command: str) -> str:
    return api().containers.run(image, list(command) or None, remove=True).decode()


def test_the_base_runs_python_and_a_shell() -> None:
    code = "import ctypes, hashlib, json, sqlite3, ssl, zlib; print('fine')"
    assert said(base(), "sh", "-c", f'python3 -c "{code}" && id -u') == "fine\n0\n"


def test_an_image_is_built_once_and_changes_with_its_files() -> None:
    image = build("greeting", {"/app/word": "hello"}, 'CMD ["cat", "/app/word"]')
    assert said(image) == "hello"
    assert build("greeting", {"/app/word": "hello"}, 'CMD ["cat", "/app/word"]') == image
    assert build("greeting", {"/app/word": "bye"}, 'CMD ["cat", "/app/word"]') != image
