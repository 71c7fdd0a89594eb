"""What the desk's page gives its scripts: the words, the lists, and where the modules are."""

from collections.abc import Iterable, Mapping
from typing import Any

from babel import Locale

from config.dates import day_words
from config.helpline.texts import STAFF_AREA
from config.vocabulary import (
    Audience,
    ContactActReason,
    DeclineReason,
    FollowUpOutcome,
    ListenerActReason,
    NumberReason,
    QueueActReason,
)
from contactcenter.desk.rendering import DAY, Pages

# The vendored files keep their bare imports: no bundler, the browser maps them.
IMPORT_MAP = {
    "imports": {
        "lit": "/static/vendor/lit/lit/index.js",
        "lit/directives/": "/static/vendor/lit/lit-html/directives/",
        "lit-html": "/static/vendor/lit/lit-html/lit-html.js",
        "lit-html/is-server.js": "/static/vendor/lit/lit-html/is-server.js",
        "lit-element/lit-element.js": "/static/vendor/lit/lit-element/lit-element.js",
        "@lit/reactive-element": "/static/vendor/lit/reactive-element/reactive-element.js",
    }
}


def page_content(pages: Pages, language: str) -> dict[str, Any]:
    """Return the page's words and lists; the same for everybody, nothing personal in it."""
    helpline = pages.helpline
    texts = pages.catalog.area("desk", language)

    return {
        "language": language,
        "timezone": helpline.line.timezone,
        "texts": texts,
        "lists": {
            "urgency": _levels(pages, language),
            # `floor`: the level under which the factor says that a contact should not stand.
            "factors": [
                {**_entry(each.id, pages.label(each.label, language)), "floor": each.floor.value}
                for each in helpline.urgency.factors
            ],
            "audience": _worded(texts, "audience", Audience),
            "decline": _worded(texts, "decline", DeclineReason),
            "non_content": _coded(pages, helpline.non_content_codes, language),
            "queues": _queues(pages, language),
            "handed_to": _coded(pages, helpline.outcomes.outside_services, language),
            # What a contact of each qualification may be closed without: `case`, or a question.
            "spared": {
                each.id: list(each.closes_without) for each in helpline.outcomes.qualifications
            },
            "skills": _coded(pages, helpline.skills, language),
            "departments": [
                _entry(each.code, f"{each.code} {each.name}") for each in helpline.departments
            ],
            "emergency": _emergency_numbers(pages, language),
            "guidance": [text for key, text in texts.items() if key.startswith("guidance.")],
            "said": _lines_to_say(pages, language),
            "limits": {
                "message_max_chars": helpline.limits.message_max_chars,
                "wrap_up_extension_seconds": helpline.limits.wrap_up_extension_seconds,
            },
        },
    }


def floor_content(pages: Pages, language: str) -> dict[str, Any]:
    """Return the words and lists of the pages about the whole floor, the desk's included."""
    helpline = pages.helpline
    content = page_content(pages, language)
    texts = {**content["texts"], **pages.catalog.area("supervision", language)}
    labels = helpline.dispositions
    lists = {
        "teams": _coded(pages, helpline.profiles, language),
        "lines": [_entry(each.id, pages.label(each.name, language)) for each in helpline.lines],
        "languages": [
            _entry(each, Locale.parse(each).get_language_name(language) or each)
            for each in helpline.line.languages
        ],
        "dispositions": [_entry(each, pages.label(labels[each], language)) for each in labels],
        "contact_reasons": _worded(texts, "reason", ContactActReason),
        "listener_reasons": _worded(texts, "why", ListenerActReason),
        "queue_reasons": _worded(texts, "cause", QueueActReason),
        "number_reasons": _worded(texts, "number_reason", NumberReason),
        "outcomes": _worded(texts, "outcome", FollowUpOutcome),
        "agreed": _agreed(pages, language),
    }
    return {**content, "texts": texts, "lists": {**content["lists"], **lists}}


def _agreed(pages: Pages, language: str) -> list[dict[str, object]]:
    """Return the questions whose answers go with each kind of follow-up, each once."""
    form = pages.helpline.wrap_up_form
    found = {
        (promise.kind, name): None
        for promises in pages.helpline.promises.values()
        for promise in promises
        for name in promise.shows
    }
    return [
        {**_entry(field.id, pages.label(field.label, language)), "kind": kind}
        for kind, name in found
        if (field := form.field(name)) is not None
    ]


def _entry(value: str, label: object) -> dict[str, object]:
    return {"value": value, "label": label}


def _coded(pages: Pages, entries: Iterable[Any], language: str) -> list[dict[str, object]]:
    return [_entry(each.id, pages.label(each.label, language)) for each in entries]


def _worded(
    texts: Mapping[str, Any], prefix: str, values: Iterable[str]
) -> list[dict[str, object]]:
    """Return a closed set with the words that the catalog has for it."""
    return [_entry(each, texts[f"{prefix}_{each}"]) for each in values]


def _queues(pages: Pages, language: str) -> list[dict[str, object]]:
    return [
        {
            **_entry(each.id, pages.label(each.label, language)),
            "channels": list(each.channels),
            "audiences": list(each.audiences),
            "level": each.level,
            "needs": list(each.needs),
        }
        for each in pages.helpline.queues
    ]


def _levels(pages: Pages, language: str) -> list[dict[str, object]]:
    return [
        {
            "value": str(level.id.value),
            "label": pages.label(level.label, language),
            "response": pages.label(level.response, language),
        }
        for level in pages.helpline.urgency.levels
    ]


def _emergency_numbers(pages: Pages, language: str) -> list[dict[str, object]]:
    """Return the numbers as the operator ordered them, with the day each was last checked."""
    return [
        {
            "number": each.number,
            "label": pages.label(each.label, language),
            "note": pages.label(each.note, language),
            "urgent": each.urgent,
            "verified": each.verified_at and day_words(each.verified_at, language, DAY),
        }
        for each in pages.helpline.emergency_numbers
    ]


def _lines_to_say(pages: Pages, language: str) -> list[str]:
    """Return the helpline's own lines for listeners, as it wrote and ordered them."""
    return [
        pages.label(by_language, language)
        for key, by_language in pages.helpline.texts.items()
        if key.startswith(STAFF_AREA)
    ]
