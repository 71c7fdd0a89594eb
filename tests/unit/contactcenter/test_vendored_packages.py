"""Browser libraries in our own folder: what the lock names, from no named registry."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
DESK = ROOT / "contactcenter" / "desk"
PACKAGES = DESK / "vendor-packages"
LOCK = PACKAGES / "package-lock.json"
TOOLS = ROOT / ".ci" / "node"
FILES: dict[str, dict[str, str]] = json.loads((PACKAGES / "files.json").read_text())
VENDORED = (DESK / "static" / "vendor", ROOT / "tests/kit/vendor")


def locked(name: str) -> dict[str, Any]:
    package: dict[str, Any] = json.loads(LOCK.read_text())["packages"][f"node_modules/{name}"]
    return package


@pytest.mark.parametrize("folder", [PACKAGES, TOOLS], ids=["vendored", "tools"])
def test_lock_file_names_no_registry(folder: Path) -> None:
    lock = (folder / "package-lock.json").read_text()
    assert all("resolved" not in package for package in json.loads(lock)["packages"].values())
    assert "registry" not in lock
    assert "registry=" not in (folder / ".npmrc").read_text()


def test_types_of_lit_are_those_of_the_lit_that_is_served() -> None:
    tools = json.loads((TOOLS / "package-lock.json").read_text())["packages"]
    assert tools["node_modules/lit"]["version"] == locked("lit")["version"]


def test_lock_has_the_integrity_of_each_package_it_is_asked_for() -> None:
    wanted = json.loads((PACKAGES / "package.json").read_text())["dependencies"]
    for name, version in wanted.items():
        assert locked(name)["version"] == version
        assert locked(name)["integrity"].startswith("sha512-")


def test_every_vendored_file_is_listed() -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in VENDORED
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert there == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_committed_file_is_the_one_that_was_copied(name: str) -> None:
    assert sha256((ROOT / name).read_bytes()).hexdigest() == FILES[name]["sha256"]
    installed = PACKAGES / "node_modules" / FILES[name]["from"]
    if installed.exists():
        assert installed.read_bytes() == (ROOT / name).read_bytes()


def test_vendored_voice_sdk_is_the_locked_one() -> None:
    package = locked("@twilio/voice-sdk")
    vendored = DESK / "static" / "vendor" / "twilio-voice-sdk"
    assert package["version"] in (vendored / "twilio.min.js").read_text()
    assert (
        package["license"] in (vendored / "LICENSE.txt").read_text()
        or "Apache License" in (vendored / "LICENSE.txt").read_text()
    )


def test_vendored_lit_and_axe_are_the_locked_ones() -> None:
    lit = (DESK / "static/vendor/lit/lit-html/lit-html.js").read_text()
    assert f'"{locked("lit-html")["version"]}"' in lit
    axe = (ROOT / "tests/kit/vendor/axe-core/axe.min.js").read_text()
    assert f"axe v{locked('axe-core')['version']}" in axe


def test_softphone_loads_the_vendored_file_only() -> None:
    script = (DESK / "static" / "softphone" / "twilio.js").read_text()
    assert "../vendor/twilio-voice-sdk/twilio.min.js" in script
    assert "https://" not in script
