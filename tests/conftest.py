"""What holds for all tests."""

import signal

from hypothesis import settings

pytest_plugins = ("tests.browsing",)


def pytest_configure() -> None:
    """Ctrl-C is heard, also where the tests run in a shell's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("ymir", deadline=None)  # beside other tests anything may take long
    settings.load_profile("ymir")
