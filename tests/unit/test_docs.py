"""The documents keep up with the program: links, commands, settings, loops and rooms exist."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from config.settings import Settings
from contactcenter.cli.command import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OPERATIONS = ROOT / "docs/operations.md"
ARCHITECTURE = ROOT / "ARCHITECTURE.md"
NOT_OURS = frozenset({"vendor", "vendor-packages", "node_modules", "artifacts"})

LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")


def _documents() -> list[Path]:
    # Names that start with a dot are tools' own folders: environments and caches.
    return sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(
            part in NOT_OURS or part.startswith(".") for part in path.relative_to(ROOT).parts
        )
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _anchors(path: Path) -> frozenset[str]:
    """Return the anchors that a forge makes of the headings."""
    headings = (CODE.sub(lambda code: code[0][1:-1], h) for h in HEADING.findall(_text(path)))
    return frozenset(re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings)


def _broken(document: Path, link: str) -> bool:
    place, _, anchor = link.partition("#")
    target = (document.parent / place).resolve() if place else document
    if not target.exists() or not target.is_relative_to(ROOT):
        return True
    return bool(anchor) and anchor not in _anchors(target)


def test_there_are_documents_to_check() -> None:
    names = {str(path.relative_to(ROOT)) for path in _documents()}
    assert {"README.md", "ARCHITECTURE.md", "SECURITY.md", "CHANGELOG.md"} <= names
    assert "docs/operations.md" in names


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_of_a_document_leads_somewhere(document: Path) -> None:
    prose = CODE.sub("", FENCE.sub("", _text(document)))
    links = [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if _broken(document, link)] == []


def _commands(command: object, *above: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, TyperGroup):
        yield above
        return
    for name, below in command.commands.items():
        yield from _commands(below, *above, name)


COMMANDS = frozenset(_commands(typer.main.get_command(app)))


def _named(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands that a document names after `contactcenter`, sub-command included."""
    groups = {command[0] for command in COMMANDS if len(command) > 1}
    # In code only: « the contactcenter command » in a sentence names none.
    for code in (*FENCE.findall(text), *CODE.findall(text)):
        for found in re.finditer(
            r"(?<![/\w])(?:\.venv/bin/)?contactcenter +([a-z][a-z-]*)(?: +(\w[\w-]*))?", code
        ):
            first, second = found[1], found[2]
            yield (first, second) if first in groups and second else (first,)


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    whole = COMMANDS | {(command[0],) for command in COMMANDS}
    # A design may name what is to come; a document of this repository may not.
    assert [named for named in _named(_text(document)) if named not in whole] == []


def test_operations_names_every_command() -> None:
    named = set(_named(_text(OPERATIONS)))
    assert sorted(COMMANDS - named) == []


def _options(named: tuple[str, ...]) -> set[str]:
    command = typer.main.get_command(app)
    for name in named:
        assert isinstance(command, TyperGroup)
        command = command.commands[name]
    return {option for parameter in command.params for option in parameter.opts}


@pytest.mark.parametrize("document", [README, OPERATIONS], ids=lambda path: path.name)
def test_every_option_shown_beside_a_command_is_one_of_its_own(document: Path) -> None:
    for line in "\n".join(FENCE.findall(_text(document))).splitlines():
        shown = line.partition("#")[0]
        for named in _named(f"`{shown.strip()}`"):
            assert set(re.findall(r"--[a-z-]+", shown)) <= _options(named), line


def test_every_setting_is_documented_and_no_other() -> None:
    section = _text(ROOT / "docs/configuration.md").split("\n## Settings\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.model_fields)


def test_the_two_commands_come_first_in_the_readme() -> None:
    first = FENCE.findall(_text(README))[0]
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]
    assert "\n## " not in _text(README).partition(first)[0]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", _text(ROOT / "Makefile"), re.MULTILINE))
    for document in _documents():
        code = " ".join((*FENCE.findall(_text(document)), *CODE.findall(_text(document))))
        assert set(re.findall(r"\bmake ([a-z]+)\b", code)) <= targets, document.name


def test_the_picture_of_the_desk_is_small() -> None:
    assert 0 < (ROOT / "docs/images/desk.png").stat().st_size < 300_000


def test_every_loop_of_the_program_stands_in_the_table() -> None:
    program = _text(ROOT / "contactcenter/app.py")
    loops = set(re.findall(r"\bloop\(\s*f?\"([a-z_]+?)_?[\"{]", program))
    assert "sweep" in loops
    table = _text(ARCHITECTURE).split("### Loops and their periods")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+?)(?:_0)?`", table))
    assert sorted(loops - named) == []


def test_every_room_of_the_map_exists_and_every_package_has_one() -> None:
    rows = _text(ARCHITECTURE).split("\n## The map\n")[1].split("\n## ")[0].splitlines()
    first_cells = " ".join(row.split("|")[1] for row in rows if row.startswith("| `"))
    rooms = {name.rstrip("/") for name in re.findall(r"`([a-z_/]+/)`", first_cells)}
    assert [room for room in sorted(rooms) if not (ROOT / room).is_dir()] == []
    packages = {
        str(path.parent.relative_to(ROOT))
        for top in ("config", "routing", "records", "chat", "contactcenter")
        for path in (ROOT / top).rglob("__init__.py")
    }
    # A room of a room is described with it.
    lone = {package for package in packages if package.count("/") <= 1}
    assert sorted(lone - rooms) == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert len(set(numbers)) == len(numbers)
