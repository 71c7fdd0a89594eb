"""Reads a helpline's folder into a Helpline, or says everything that is wrong with it."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from config.errors import Misconfigured
from config.helpline.assembly import build, json_ready
from config.helpline.checks import cross_check
from config.helpline.helpline import Helpline
from config.helpline.schema.calendar import HoursFile
from config.helpline.schema.lanes import EntryFile, ProfilesFile, QueuesFile, SkillsFile
from config.helpline.schema.line import EmergencyFile, LimitsFile, LineFile
from config.helpline.schema.lists import (
    CategoriesFile,
    DepartmentsFile,
    OutcomesFile,
    PartnersFile,
    PeopleFile,
)
from config.helpline.schema.pages import PagesFile
from config.helpline.schema.records import Form, RetentionFile
from config.helpline.schema.urgency import UrgencyRules
from config.helpline.sources import Mistake, Sources
from config.typography import typeset
from config.writing import is_blank

SUBJECTS: dict[str, type[BaseModel]] = {
    "line": LineFile,
    "limits": LimitsFile,
    "emergency_numbers": EmergencyFile,
    "skills": SkillsFile,
    "queues": QueuesFile,
    "profiles": ProfilesFile,
    "entry": EntryFile,
    "hours": HoursFile,
    "urgency": UrgencyRules,
    "categories": CategoriesFile,
    "outcomes": OutcomesFile,
    "people": PeopleFile,
    "partners": PartnersFile,
    "departments": DepartmentsFile,
    "retention": RetentionFile,
    "pages": PagesFile,
}
_MAX_FILE_BYTES = 1_000_000


def load_helpline(directory: Path) -> Helpline:
    """Return the helpline described in `directory`.

    Raises Misconfigured with every mistake, as `file: key: reason`, in one go.
    """
    sources, mistakes = read_sources(directory)
    mistakes += cross_check(sources)
    if mistakes:
        raise Misconfigured([str(each) for each in sorted(set(mistakes))])
    return build(sources)


def read_sources(directory: Path) -> tuple[Sources, list[Mistake]]:
    """Return what could be read, and a mistake for each thing that could not."""
    if not directory.is_dir():
        return Sources(), [Mistake(str(directory), "", "is not a folder")]
    sources = Sources()
    mistakes = _strangers(directory)
    for name, model in SUBJECTS.items():
        setattr(sources, name, _parsed(directory, f"{name}.toml", model, sources, mistakes))
    forms: dict[str, Form] = {}
    for path in sorted((directory / "forms").glob("*.toml")):
        name = f"forms/{path.name}"
        form = _parsed(directory, name, Form, sources, mistakes)
        if isinstance(form, Form):
            forms[name] = form
    sources.forms = forms
    sources.texts = _texts(directory, sources, mistakes)
    return sources, mistakes


def _strangers(directory: Path) -> list[Mistake]:
    """Refuse TOML files nobody reads: a misspelt name would silently change nothing."""
    known = {f"{name}.toml" for name in SUBJECTS}
    return [
        Mistake(str(path.relative_to(directory)), "", "is not a file of a helpline: misspelt?")
        for path in sorted(directory.rglob("*.toml"))
        if path.parent not in {directory / "texts", directory / "forms"}
        and str(path.relative_to(directory)) not in known
    ]


def _texts(
    directory: Path, sources: Sources, mistakes: list[Mistake]
) -> dict[str, dict[str, str]] | None:
    texts: dict[str, dict[str, str]] = {}
    whole = True
    for path in sorted((directory / "texts").glob("*.toml")):
        name = f"texts/{path.name}"
        raw = _read(directory, name, sources, mistakes)
        if raw is None:
            whole = False
        else:
            flat = _flattened(name, raw, mistakes)
            texts[path.stem] = {key: typeset(text, path.stem) for key, text in flat.items()}
    # With one language unreadable, comparing the others would report its texts one by one.
    return texts if whole else None


def _flattened(file: str, raw: Mapping[str, Any], mistakes: list[Mistake]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for area, entries in raw.items():
        if not isinstance(entries, dict):
            mistakes.append(Mistake(file, area, "must be a table of texts"))
            continue
        for name, text in entries.items():
            if isinstance(text, str) and not is_blank(text):
                flat[f"{area}.{name}"] = text.strip()
            else:
                mistakes.append(Mistake(file, f"{area}.{name}", "must be a text that is not empty"))
    return flat


def _parsed(
    directory: Path,
    name: str,
    model: type[BaseModel],
    sources: Sources,
    mistakes: list[Mistake],
) -> BaseModel | None:
    raw = _read(directory, name, sources, mistakes)
    if raw is None:
        return None
    try:
        # As JSON, strictly: an enumeration is its text, but « true » or « "20" » is no number.
        return model.model_validate_json(json.dumps(json_ready(raw)), strict=True)
    except ValidationError as error:
        for each in error.errors(include_input=False, include_url=False):
            reason = each["msg"].removeprefix("Value error, ")
            mistakes.append(Mistake(name, key_of(raw, each["loc"]), reason))
        return None


def _read(
    directory: Path, name: str, sources: Sources, mistakes: list[Mistake]
) -> dict[str, Any] | None:
    path = directory / name
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            mistakes.append(Mistake(name, "", "is larger than 1 MB"))
            return None
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        mistakes.append(Mistake(name, "", "is missing"))
    except OSError as error:
        mistakes.append(Mistake(name, "", f"cannot be read ({type(error).__name__})"))
    except UnicodeDecodeError:
        mistakes.append(Mistake(name, "", "is not text in UTF-8"))
    except tomllib.TOMLDecodeError as error:
        mistakes.append(Mistake(name, "", f"is not TOML: {error}"))
    except RecursionError:
        mistakes.append(Mistake(name, "", "is nested too deeply"))
    else:
        sources.content[name] = raw
        return raw
    return None


def key_of(raw: object, location: tuple[int | str, ...]) -> str:
    """Return where a mistake stands, as people find it: `queues[mineur].label`, not an index."""
    key = ""
    for part in location:
        if isinstance(part, int):
            entry = raw[part] if isinstance(raw, list) and part < len(raw) else None
            names = (
                [entry.get(name) for name in ("id", "code", "digit")]
                if isinstance(entry, dict)
                else []
            )
            key += f"[{next((name for name in names if isinstance(name, str)), part)}]"
            raw = entry
        else:
            key += f".{part}" if key else part
            raw = raw.get(part) if isinstance(raw, dict) else None
    return key
