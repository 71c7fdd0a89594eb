"""What the desk's page gives its scripts: the words, the lists, and where the modules are."""

from collections.abc import Iterable
from typing import Any

from babel.dates import format_date

from config.vocabulary import Audience, DeclineReason
from contactcenter.desk.rendering import Pages

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

    def entry(value: str, label: object) -> dict[str, object]:
        return {"value": value, "label": label}

    def coded(entries: Iterable[Any]) -> list[dict[str, object]]:
        return [entry(each.id, pages.label(each.label, language)) for each in entries]

    return {
        "language": language,
        "timezone": helpline.line.timezone,
        "texts": texts,
        "lists": {
            "urgency": _levels(pages, language),
            # The level under which each factor says that a contact should not stand.
            "floors": {each.id: each.floor.value for each in helpline.urgency.factors},
            "audience": [entry(each, texts[f"audience_{each}"]) for each in Audience],
            "decline": [entry(each, texts[f"decline_{each}"]) for each in DeclineReason],
            "non_content": coded(helpline.non_content_codes),
            "departments": [
                entry(each.code, f"{each.code} {each.name}") for each in helpline.departments
            ],
            "emergency": _emergency_numbers(pages, language),
            "guidance": [text for key, text in texts.items() if key.startswith("guidance.")],
            "limits": {"message_max_chars": helpline.limits.message_max_chars},
        },
    }


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
            "verified": each.verified_at
            and format_date(each.verified_at, format="long", locale=language),
        }
        for each in pages.helpline.emergency_numbers
    ]
