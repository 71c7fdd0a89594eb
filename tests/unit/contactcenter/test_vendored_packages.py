"""Browser libraries in our own folder: what the lock names, from no named registry."""

import json
from pathlib import Path

DESK = Path(__file__).parents[3] / "contactcenter" / "desk"
LOCK = DESK / "vendor-packages" / "package-lock.json"


def test_lock_file_names_no_registry() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert "registry" not in LOCK.read_text()
    assert "registry=" not in (LOCK.parent / ".npmrc").read_text()


def test_vendored_voice_sdk_is_the_locked_one() -> None:
    package = json.loads(LOCK.read_text())["packages"]["node_modules/@twilio/voice-sdk"]
    vendored = DESK / "static" / "vendor" / "twilio-voice-sdk"
    assert package["version"] in (vendored / "twilio.min.js").read_text()
    assert (
        package["license"] in (vendored / "LICENSE.txt").read_text()
        or "Apache License" in (vendored / "LICENSE.txt").read_text()
    )


def test_softphone_loads_the_vendored_file_only() -> None:
    script = (DESK / "static" / "softphone" / "twilio.js").read_text()
    assert "../vendor/twilio-voice-sdk/twilio.min.js" in script
    assert "https://" not in script
