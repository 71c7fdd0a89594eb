"""Cross-checks: what no single file can know. Each finds every mistake of its kind.

A check is a pure function of the subjects it names; it runs when those could
all be read, so that one broken file does not hide the mistakes of the others.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from config.helpline.checks import (
    calendar,
    entry,
    escalation,
    forms,
    lanes,
    lists,
    paths,
    promises,
    queues,
    texts,
    urgency,
)
from config.helpline.sources import Mistake, Sources


class Check(NamedTuple):
    """The subjects a check needs, and the function that is given them in that order."""

    needs: tuple[str, ...]
    find: Callable[..., Iterable[Mistake]]


CHECKS: tuple[Check, ...] = (
    Check(("line",), queues.wrong_languages),
    Check(("line",), queues.wrong_lines),
    Check(("skills",), queues.wrong_skills),
    Check(("queues",), queues.wrong_queues),
    Check(("line", "queues"), queues.unknown_queue_lines),
    Check(("skills", "queues"), queues.wrong_queue_skills),
    Check(("queues",), queues.wrong_stand_ins),
    Check(("line", "queues", "profiles"), lanes.wrong_profiles),
    Check(("line", "queues", "profiles", "limits"), lanes.wrong_sizes),
    Check(("line", "queues"), lanes.too_many_lanes),
    Check(("line", "queues", "profiles", "limits"), lanes.unserved_lanes),
    Check(("line", "entry"), entry.wrong_menu),
    Check(("line", "entry"), entry.unknown_lines),
    Check(("queues", "entry"), entry.wrong_entry_rules),
    Check(("queues", "entry"), entry.wrong_entry_queues),
    Check(("line", "queues", "entry"), entry.danger_by_chat),
    Check(("queues", "entry"), entry.wrong_pre_answer),
    Check(("entry", "urgency"), entry.wrong_questions),
    Check(("entry", "emergency_numbers", "texts"), entry.wrong_answers),
    Check(("urgency",), urgency.wrong_scale),
    Check(("urgency",), urgency.wrong_factors),
    Check(("urgency",), escalation.wrong_steps),
    Check(("urgency", "queues"), escalation.wrong_step_queues),
    Check(("urgency", "texts"), escalation.wrong_step_texts),
    Check(("hours", "queues"), calendar.wrong_coverage),
    Check(("line", "queues", "hours", "entry"), paths.closed_ways),
    Check(("hours",), calendar.overlaps),
    Check(("hours",), calendar.unknown_holidays),
    Check(("line", "texts"), texts.incomplete_texts),
    Check(("line", "texts", "entry"), texts.wrong_menus),
    Check(("line", "entry", "urgency", "texts"), texts.unsaid_texts),
    Check(("texts",), texts.wrong_time_pattern),
    Check(("departments",), lists.wrong_departments),
    Check(("categories",), lists.wrong_categories),
    Check(("outcomes",), lists.wrong_outcomes),
    Check(("people",), lists.wrong_people),
    Check(("partners",), lists.wrong_partners),
    Check(("emergency_numbers",), lists.wrong_numbers),
    Check(("limits",), lists.wrong_limits),
    Check(("forms",), forms.wrong_forms),
    Check(("forms", "queues", "outcomes"), promises.wrong_promises),
    Check(("forms", "outcomes"), promises.wrong_spared),
    Check(("retention",), forms.wrong_retention),
)


def cross_check(sources: Sources) -> list[Mistake]:
    """Return every mistake that the checks find in what could be read."""
    mistakes: list[Mistake] = list(texts.incomplete_labels(sources))
    for check in CHECKS:
        given = [getattr(sources, name) for name in check.needs]
        if all(each is not None for each in given):
            mistakes += check.find(*given)
    return mistakes
