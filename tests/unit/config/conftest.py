"""A copy of the DLPM's folder that a test may spoil, and what check-config says of it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config.errors import Misconfigured
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES

DLPM = PACKAGED_HELPLINES / "dlpm"


class Spoilt:
    """A helpline's folder under the test's hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def replace(self, file: str, old: str, new: str, times: int = 1) -> "Spoilt":
        """Replace the first `times` of `old`; the test fails if there is none."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, times), encoding="utf-8")
        return self

    def append(self, file: str, text: str) -> "Spoilt":
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file_object:
            file_object.write(text)
        return self

    def mistakes(self) -> tuple[str, ...]:
        """Return what check-config says; nothing when it accepts the folder."""
        try:
            load_helpline(self.folder)
        except Misconfigured as error:
            return error.mistakes
        return ()


@pytest.fixture
def spoilt(tmp_path: Path) -> Spoilt:
    folder = tmp_path / "helpline"
    shutil.copytree(DLPM, folder)
    return Spoilt(folder)


@pytest.fixture
def settings_file(tmp_path: Path) -> Callable[[str], str]:
    """Write a file as a secret store mounts it, and return its path."""

    def write(content: str) -> str:
        path = tmp_path / "secret"
        path.write_text(content)
        return str(path)

    return write
