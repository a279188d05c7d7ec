"""What can go wrong, and the code of the folder contract that says so."""

from enum import IntEnum


class Code(IntEnum):
    """Fifth column of `monitor.txt`: who has to act, and on what."""

    CONFIG = 300001
    DATASET = 300002
    IMAGE = 300003
    MODEL = 300004
    GPU = 300102
    MEMORY = 300103
    NOT_A_NUMBER = 300201
    NETWORK = 300301


class ExecutorError(Exception):
    """A mistake the user can mend; its text is one line that says what to do."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type["ExecutorError"], tuple[Code, str]]:
        """Say how to make it again: it may cross from one process to another."""
        return ExecutorError, (self.code, str(self))


class StoppedError(Exception):
    """A signal asked the run to end; what was done so far is in the checkpoint."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by signal {signal_number}")
        self.signal_number = signal_number
