"""A live bar per running job, on a terminal. Imported only there: rich takes its time to load."""

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ymir.cli.console import shown


class Bars:
    """Draws while a run runs; what is said stays above the bars."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=Console(),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def open(self) -> None:
        """Begin to draw."""
        self._progress.start()

    def close(self) -> None:
        """Stop drawing."""
        self._progress.stop()

    def begin(self, name: str) -> None:
        """Something takes its time."""
        self._tasks[name] = self._progress.add_task(name, total=1.0)

    def advance(self, name: str, share: float) -> None:
        """It has done `share` of its work."""
        if name not in self._tasks:
            self.begin(name)
        self._progress.update(self._tasks[name], completed=share)

    def end(self, name: str) -> None:
        """It is over, if it was one."""
        task = self._tasks.pop(name, None)
        if task is not None:
            self._progress.remove_task(task)

    def say(self, line: str) -> None:
        """Something happened."""
        self._progress.console.print(shown(line), markup=False, highlight=False)
