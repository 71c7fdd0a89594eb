"""Puts a helpline together from sources without mistakes."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from config.helpline.helpline import Helpline
from config.helpline.lanes import lanes_of
from config.helpline.profiles import Profile, teams_of
from config.helpline.schema.base import Label
from config.helpline.schema.lanes import MenuKey, Queue
from config.helpline.schema.line import FurtherLine, Line
from config.helpline.schema.lists import OPTION_LISTS, Department, Option
from config.helpline.schema.records import WRAP_UP_FORM, Form
from config.helpline.sources import Sources


def build(sources: Sources) -> Helpline:
    """Return the helpline of sources without mistakes (cross-checked by the caller)."""
    complete = cast("Any", sources)  # every file is there: the caller found no mistake
    line: Line = complete.line.line
    queues: tuple[Queue, ...] = complete.queues.queues
    keys: tuple[MenuKey, ...] = complete.entry.menu
    teams = teams_of(
        complete.profiles.profiles,
        lanes_of(line.id, queues, line.languages),
        queues,
        complete.limits.limits.help_out_seconds,
    )
    profiles = {team_id: _frozen(team.profiles_by_lines()) for team_id, team in teams.items()}
    content = json_ready(sources.content)
    return Helpline(
        line=line,
        lines=(line, *(_further(line, each) for each in complete.line.lines)),
        page=complete.line.page,
        skills=complete.skills.skills,
        queues=queues,
        profiles=tuple(next(iter(by.values()))[frozenset()] for by in profiles.values()),
        profiles_by_lines=MappingProxyType(profiles),
        menu=MappingProxyType({key.digit: key for key in keys if key.line in {None, line.id}}),
        menu_keys=keys,
        entry=complete.entry.entry,
        returning_queue=complete.entry.returning_queue,
        pre_answer=complete.entry.pre_answer,
        opening_questions=complete.entry.opening_questions,
        hours=complete.hours,
        urgency=complete.urgency,
        category_lists=complete.categories,
        outcomes=complete.outcomes,
        people=complete.people,
        partners=complete.partners,
        geography=complete.departments,
        forms=MappingProxyType(
            {
                form.id: with_options(form, sources, line.languages)
                for form in complete.forms.values()
            }
        ),
        promises=MappingProxyType(
            {
                field.id: field.follow_ups
                for form in complete.forms.values()
                if form.id == WRAP_UP_FORM
                for field in form.fields
                if field.follow_ups
            }
        ),
        retention=complete.retention,
        notices=complete.pages,
        emergency_numbers=complete.emergency_numbers.numbers,
        limits=complete.limits.limits,
        texts=_by_key(complete.texts),
        content=content,
        config_version=version_of(content),
    )


def _frozen(
    by_lines: Mapping[frozenset[str], Mapping[frozenset[str], Profile]],
) -> Mapping[frozenset[str], Mapping[frozenset[str], Profile]]:
    return MappingProxyType({lines: MappingProxyType(by) for lines, by in by_lines.items()})


def _further(main: Line, line: FurtherLine) -> Line:
    return main.model_copy(update={"id": line.id, "name": line.name, "number": line.number})


def version_of(content: Mapping[str, Any]) -> str:
    """Return the hash of the content alone: spaces, comments and the order of keys do not count."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def with_options(form: Form, sources: Sources, languages: tuple[str, ...]) -> Form:
    """Return the form with each `options_from` replaced by the list it names, its promises left out."""
    fields = tuple(
        each.model_copy(
            update={
                "follow_ups": (),
                "options": _options(each.options_from, sources, languages)
                if each.options_from
                else each.options,
            }
        )
        for each in form.fields
    )
    return form.model_copy(update={"fields": fields})


def _options(list_name: str, sources: Sources, languages: tuple[str, ...]) -> tuple[Option, ...]:
    subject, attribute = OPTION_LISTS[list_name]
    entries = getattr(getattr(sources, subject), attribute)
    return tuple(
        Option(id=each.code, label=Label(dict.fromkeys(languages, f"{each.code} {each.name}")))
        if isinstance(each, Department)
        else Option(id=each.id, label=each.label)
        for each in entries
    )


def _by_key(by_language: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    keys = {key for entries in by_language.values() for key in entries}
    return MappingProxyType(
        {
            key: MappingProxyType({code: entries[key] for code, entries in by_language.items()})
            for key in sorted(keys)
        }
    )


def json_ready(value: Any) -> Any:
    """Return what TOML gave as JSON can say it: days as their text."""
    if isinstance(value, dict):
        return {key: json_ready(each) for key, each in value.items()}
    if isinstance(value, list):
        return [json_ready(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
