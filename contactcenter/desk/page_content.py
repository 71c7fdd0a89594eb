"""What the desk's page gives its scripts: the words, the lists, and where the modules are."""

from collections.abc import Iterable
from typing import Any

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

    def words(key: str) -> str:
        return pages.catalog.t(f"desk.{key}", language)

    def entry(value: str, label: str) -> dict[str, str]:
        return {"value": value, "label": label}

    def coded(entries: Iterable[Any]) -> list[dict[str, str]]:
        return [entry(each.id, pages.label(each.label, language)) for each in entries]

    return {
        "language": language,
        "texts": pages.catalog.area("desk", language),
        "lists": {
            "urgency": [
                entry(str(level.id.value), pages.label(level.label, language))
                for level in helpline.urgency.levels
            ],
            "audience": [entry(each, words(f"audience_{each}")) for each in Audience],
            "decline": [entry(each, words(f"decline_{each}")) for each in DeclineReason],
            "non_content": coded(helpline.non_content_codes),
            "departments": [
                entry(each.code, f"{each.code} {each.name}") for each in helpline.departments
            ],
        },
    }
