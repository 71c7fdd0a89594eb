"""The emulator's configuration file: private, complete, its mistakes named without their values."""

import json
from pathlib import Path

import pytest

from config.errors import Misconfigured
from contactcenter.telephony.emulator.config import read_config

GOOD = {
    "account_sid": "AC" + "0" * 32,
    "auth_token": "s3cret",
    "number": "+33180000119",
    "voice_url": "http://127.0.0.1:1/voice/incoming",
}


def written(path: Path, content: object, mode: int = 0o600) -> Path:
    path.write_text(json.dumps(content))
    path.chmod(mode)
    return path


def test_good_file_is_read_and_its_secrets_do_not_show(tmp_path: Path) -> None:
    config = read_config(written(tmp_path / "c.json", GOOD))
    assert config.number == "+33180000119"
    assert "s3cret" not in repr(config)


def test_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="0600"):
        read_config(written(tmp_path / "c.json", GOOD, 0o640))


def test_every_mistake_is_named_without_its_value(tmp_path: Path) -> None:
    wrong = GOOD | {"account_sid": "s3cret", "port": "s3cret", "colour": "s3cret"}
    with pytest.raises(Misconfigured) as refused:
        read_config(written(tmp_path / "c.json", wrong))
    assert len(refused.value.mistakes) == 3
    assert "s3cret" not in str(refused.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_config(tmp_path / "none.json")
