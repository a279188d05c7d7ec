"""All that can happen to a watcher, in an order that a seed decides."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.loop.test_faults import processes_in
from tests.loop.test_people import annotate
from tests.workspaces import ENVIRONMENT, YMIR, Workspace

MANY = 150  # files of a large checkout
BATCH = "pets-r1"
HARMLESS = """\
apiVersion: ymir/v1
kind: Dataset
name: more{number}
from: {{format: voc, path: raw/base}}
"""
BROKEN = ("{", "kind: Nothing\n", "apiVersion: ymir/v1\nkind: Dataset\n", "\0", "a: b: c\n")


class Storm:
    """A workspace, its watcher, and what is done to both."""

    def __init__(self, workspace: Workspace, seed: int) -> None:
        self.workspace, self.root = workspace, workspace.root
        self.chance = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self.hits = 0  # runs that were killed
        self._good = (self.root / "specs" / "all.yaml").read_text()
        self._log = self.root / ".git" / "storm.txt"
        self._remember_many_files()
        self.watcher = self._begun()
        self._events: dict[Callable[[], None], int] = {
            self.save_by_rename: 30, self.save_in_pieces: 15, self.break_a_spec: 20,
            self.mend: 25, self.add_and_remove: 15, self.check_out_many: 8,
            self.check_out_few: 12, self.move_the_folder_away: 8, self.commit: 12,
            self.answer: 20, self.ask_for_a_look: 10, self.kill_the_run: 20,
            self.kill_the_job: 2, self.kill_the_watcher: 8, self.stop_the_watcher: 3,
        }  # fmt: skip

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def rage(self, events: int, longest: float) -> None:
        """So many of them, one after the other."""
        kinds, weights = zip(*self._events.items(), strict=True)
        for _ in range(events):
            event = self.chance.choices(kinds, weights)[0]
            event()
            self.happened[event.__name__] += 1
            if self.watcher.poll() is not None:
                self.watcher = self._begun()
            time.sleep(self.chance.uniform(0, longest))

    def calm(self) -> None:
        """People end what they began: all is answered, and the specs are as they were committed."""
        self.mend()
        self.check_out_few()
        for path in (self.root / "specs").glob("more*.yaml"):
            path.unlink()
        self._git("reset", "--quiet", "--", "specs")
        self._git("checkout", "--quiet", "--", "specs")
        if self.watcher.poll() is not None:
            self.watcher = self._begun()

    def save_by_rename(self) -> None:
        """As editors do."""
        new = self.root / "specs" / ".all.yaml.swp"
        new.write_text(f"{self._good}# {self.chance.random()}\n")
        new.replace(self.root / "specs" / "all.yaml")

    def save_in_pieces(self) -> None:
        """As others do: for a moment, half of it is there."""
        half = len(self._good) // 2
        with (self.root / "specs" / "all.yaml").open("w") as file:
            file.write(self._good[:half])
            file.flush()
            time.sleep(self.chance.uniform(0, 0.3))
            file.write(self._good[half:])

    def break_a_spec(self) -> None:
        (self.root / "specs" / "broken.yaml").write_text(self.chance.choice(BROKEN))

    def mend(self) -> None:
        (self.root / "specs" / "broken.yaml").unlink(missing_ok=True)

    def add_and_remove(self) -> None:
        number = self.chance.randint(0, 1)
        path = self.root / "specs" / f"more{number}.yaml"
        if path.exists():
            path.unlink()
        else:
            path.write_text(f"# {HARMLESS.format(number=number)}".replace("\n", "\n# "))

    def check_out_many(self) -> None:
        """Hundreds of files at once, and what they replace."""
        self._git("checkout", "--quiet", "wide", "--", "specs")

    def check_out_few(self) -> None:
        """And away again."""
        self._git("rm", "-r", "-f", "--quiet", "--ignore-unmatch", "--", "specs/many")
        self._git("checkout", "--quiet", "HEAD", "--", "specs")

    def move_the_folder_away(self) -> None:
        away = self.root / "specs.away"
        (self.root / "specs").rename(away)
        time.sleep(self.chance.uniform(0, 0.5))
        away.rename(self.root / "specs")

    def commit(self) -> None:
        (self.root / "notes.txt").write_text(f"{self.chance.random()}\n")
        self._git("add", "notes.txt")
        self._git("commit", "--quiet", "-m", "Notes", "--", "notes.txt")

    def answer(self) -> None:
        """People label an image of the batch."""
        answers = self.root / "labels" / BATCH / "annotations"
        done = {path.stem for path in answers.glob("*.xml")}
        for image in [each for each in self._batch() if each.stem not in done][:1]:
            annotate(image, answers)

    def answer_all(self) -> bool:
        """All of them; whether there is a batch."""
        images = self._batch()
        for image in images:
            annotate(image, image.parent.parent / "annotations")
        return bool(images)

    def _batch(self) -> list[Path]:
        """Its images, once it is complete: a run that is killed before may leave half of one."""
        folder = self.root / "labels" / BATCH
        is_complete = (folder / "index.csv").exists()
        return sorted((folder / "images").glob("*.png")) if is_complete else []

    def ask_for_a_look(self) -> None:
        self.watcher.send_signal(signal.SIGHUP)

    def kill_the_run(self) -> None:
        for number in self._runs():
            self.hits += 1
            _kill(number)

    def kill_the_job(self) -> None:
        """The program and its shim at once, as a machine out of memory might."""
        for number in set(processes_in(self.workspace)) - set(self._runs()):
            if "attempts" in _words(number):
                _kill(number)

    def kill_the_watcher(self) -> None:
        self.watcher.kill()
        self.watcher.wait()

    def stop_the_watcher(self) -> None:
        self.watcher.send_signal(signal.SIGTERM)
        self.watcher.wait(60)

    def processes(self) -> list[str]:
        """The command lines of all that still runs here."""
        numbers = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
        mine = (number for number in numbers if number != os.getpid())
        return [words for number in mine if str(self.root) in (words := _words(number))]

    def _runs(self) -> list[int]:
        numbers = (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())
        return [each for each in numbers if f"apply --workspace {self.root}" in _words(each)]

    def _begun(self) -> subprocess.Popen[bytes]:
        with self._log.open("a") as said:
            words = [*YMIR, "watch", str(self.root), "--interval", "2s"]
            process = subprocess.Popen(
                words, cwd=self.root.parent, stdout=said, stderr=said, env=ENVIRONMENT
            )
        self._wait_until_it_listens(process)
        return process

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes]) -> None:
        """Before that, HUP would end it."""
        before = self.said.count("Ctrl-C ends it")
        until = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < until:
            if self.said.count("Ctrl-C ends it") > before:
                return
            time.sleep(0.02)

    def _remember_many_files(self) -> None:
        many = self.root / "specs" / "many"
        many.mkdir()
        for number in range(MANY):
            (many / f"{number}.yaml").write_text(f"# {number}\n")
        self.workspace.run("git", "add", "specs")
        self.workspace.run("git", "commit", "--quiet", "-m", "Many files")
        self.workspace.run("git", "tag", "wide")
        self.workspace.run("git", "rm", "-r", "--quiet", "specs/many")
        (self.root / "notes.txt").write_text("begun\n")
        self.workspace.run("git", "add", "notes.txt")
        self.workspace.run("git", "commit", "--quiet", "-m", "Few files")

    def _git(self, *words: str) -> None:
        """What a person types, again where another git is at it: ymir's, or one that was killed."""
        for _ in range(20):
            done = subprocess.run(
                ["git", *words], cwd=self.root, capture_output=True, check=False, env=ENVIRONMENT
            )
            if b"index.lock" not in done.stderr:
                return
            time.sleep(0.1)
        if not self._runs():
            (self.root / ".git" / "index.lock").unlink(missing_ok=True)


def _words(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return
