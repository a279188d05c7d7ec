"""What holds for all tests."""

import signal

pytest_plugins = ("tests.browsing",)


def pytest_configure() -> None:
    """Ctrl-C is heard, also where the tests run in a shell's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
