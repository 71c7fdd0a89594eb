"""Every log call in the product has a constant event name and allow-listed fields."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from config.log import ALLOWED_FIELDS
from config.settings import PACKAGED_HELPLINES

ROOT = PACKAGED_HELPLINES.parents[1]
PACKAGES = ("config", "routing", "records", "chat", "contactcenter")
LOGGERS = re.compile(r"_?log(ger)?", re.IGNORECASE)
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each log call with its place; `bind` is not used, so these are all the fields."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _is_log(node.func):
                    yield f"{_short(path)}:{node.lineno}", node


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _is_log(function: ast.expr) -> bool:
    if not isinstance(function, ast.Attribute) or function.attr not in LEVELS:
        return False
    owner = function.value
    name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
    return bool(LOGGERS.fullmatch(name))


def test_every_event_name_is_constant() -> None:
    for place, call in calls():
        name = call.args[0] if call.args else None
        assert isinstance(name, ast.Constant), place
        assert re.fullmatch(r"[a-z][a-z0-9_]{1,63}", str(name.value)), place
        assert len(call.args) == 1, place


def test_every_field_is_on_the_allow_list() -> None:
    for place, call in calls():
        for field in call.keywords:
            if field.arg != "exc_info":
                assert field.arg in ALLOWED_FIELDS, f"{place}: {field.arg}"


def test_calls_are_found() -> None:
    assert len(list(calls())) > 20
