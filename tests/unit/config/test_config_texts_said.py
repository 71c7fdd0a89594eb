"""config.helpline.texts: what a helpline must write is said somewhere, and what is said must be written."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config.helpline.texts import ADULT_SUFFIX, REQUIRED
from config.vocabulary import EscalationOffer

ROOT = Path(__file__).parents[3]
# Where states are given names of texts, without their channel.
NAMERS = ("config/helpline/telling.py", "contactcenter/centre/visitors/waits.py")
KEY = re.compile(r"(?:voice|chat|time)\.[a-z_]+")
# The settings' and the loggers' own names of the same shape.
NOT_TEXTS = {"chat.websockets", "chat.widget", "chat.js"}


def literals(folder: str) -> Iterator[str]:
    """Every text that the program's own source holds, docstrings left out."""
    for path in [ROOT / folder] if folder.endswith(".py") else (ROOT / folder).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in documents:
                yield str(node.value)


def said_by_key() -> set[str]:
    folders = ("chat", "contactcenter", "config/helpline/helpline.py")
    keys = {each for folder in folders for each in literals(folder) if KEY.fullmatch(each)}
    return keys - NOT_TEXTS


def said_by_name() -> set[str]:
    names = {each for path in NAMERS for each in literals(path) if re.fullmatch(r"[a-z_]+", each)}
    return {f"{area}.{name}" for name in names for area in ("voice", "chat")}


def said_by_the_page() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "chat/widget").iterdir():
        if path.suffix in (".js", ".html"):
            source = path.read_text(encoding="utf-8")
            names |= set(re.findall(r'data-t="([a-z_]+)"', source))
            names |= set(re.findall(r"\bt\.([a-z_]+)", source))
            names |= set(re.findall(r'"([a-z_]+)"', source))
    return {f"chat.{name}" for name in names}


def test_every_text_that_a_helpline_must_write_is_said() -> None:
    offers = {f"{area}.{each}_offer" for each in EscalationOffer for area in ("voice", "chat")}
    said = said_by_key() | said_by_name() | said_by_the_page() | offers
    required = {key.removesuffix(ADULT_SUFFIX) for key in REQUIRED}
    assert required - said == set()


def test_every_text_that_the_program_says_by_its_key_must_be_written() -> None:
    for key in said_by_key():
        # The page's own catalog has an area of the same name; helplines write the rest.
        if key.startswith(("voice.", "time.")) or not _is_of_the_catalog(key):
            assert key in REQUIRED, key


def _is_of_the_catalog(key: str) -> bool:
    catalog = (ROOT / "config/locales/fr/chat.toml").read_text(encoding="utf-8")
    return re.search(rf"(?m)^{key.removeprefix('chat.')} = ", catalog) is not None
