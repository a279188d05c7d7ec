"""What ymir brings along may be used, changed and passed on by whoever installs it."""

import json
import subprocess
import sys

from tests.supply.locked import DEFAULT, DEVELOPMENT, locked, plain

FREE = (
    *("MIT", "BSD", "Apache", "ISC", "Python Software Foundation", "PSF", "Mozilla", "MPL"),
    *("Zope", "Unlicense", "CC0", "Zlib", "0BSD", "EPL"),
)
KNOWN = {  # what their metadata say is not the whole: read by a person
    "grandalf": "GNU General Public License v2 (GPLv2)",  # or EPL 1.0, as its LICENSE says; by DVC
    "pygit2": "GPLv2 with linking exception",  # whoever only links it is free; by DVC
    "axe-playwright-python": "UNKNOWN",  # MIT, as its LICENSE says; tests only
}


def licences(names: dict[str, str]) -> dict[str, str]:
    """What the installed packages among these say of themselves."""
    told = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {plain(entry["Name"]): entry["License"] for entry in json.loads(told)}
    return {name: found[name] for name in names if name in found}


def test_every_package_is_under_a_licence_that_lets_people_use_it() -> None:
    found = licences(locked(DEVELOPMENT))
    assert len(found) > len(locked(DEFAULT))
    others = {
        name: licence
        for name, licence in found.items()
        if not any(word in licence for word in FREE) and KNOWN.get(name) != licence
    }
    assert not others, "read their licences; what is free goes to FREE or KNOWN"


def test_the_default_install_has_nothing_under_the_agpl() -> None:
    found = licences(locked(DEFAULT))
    assert len(found) > 50
    assert not {n: text for n, text in found.items() if "AGPL" in text or "Affero" in text}
