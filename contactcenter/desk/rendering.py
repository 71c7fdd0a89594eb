"""Templates and their words: one environment, autoescaped, strict about what is missing."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from config.dates import day_words, moment_words
from config.helpline.helpline import Helpline
from config.languages import best_language
from config.text import Catalog
from config.vocabulary import CaseState, Disposition, EndedBy
from contactcenter.auth.gates import roles_with
from contactcenter.web.security_headers import csp_nonce
from records.actor import Principal
from records.policy import Right

# One way to write a day on every page, in every language: « 1 December 2026 », as one moment does.
DAY = "d MMMM y"
TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders the staff's pages in the reader's language, with the helpline's labels."""

    def __init__(self, helpline: Helpline, catalog: Catalog) -> None:
        """Load the templates once; a missing variable is an error, not a blank."""
        self.helpline = helpline
        self.catalog = catalog
        self._departments = {each.code: each.name for each in helpline.departments}
        self._urgency = {
            language: {
                int(level.id): self.label(level.label, language)
                for level in helpline.urgency.levels
            }
            for language in catalog.languages
        }
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def language(self, request: web.Request) -> str:
        """Return the language of this reader."""
        return best_language(request.headers.get("Accept-Language", ""), self.catalog.languages)

    def render(
        self, request: web.Request, template: str, *, status: int = 200, **values: object
    ) -> web.Response:
        """Return a page. Its content is for this reader only: it is never cached."""
        language = self.language(request)
        words = {
            "t": lambda key, **fill: self.catalog.t(f"desk.{key}", language, **fill),
            "language": language,
            "nonce": csp_nonce(request),
            "line_name": self.label(self.helpline.line.name, language),
            "has": _rights_of(values.get("staff")),
            **self._formats(language),
        }
        body = self._templates.get_template(template).render({**words, **values})
        return web.Response(text=body, status=status, content_type="text/html")

    def label(self, labels: Any, language: str) -> str:
        """Return a configured label in the reader's language, or else the line's first one."""
        by_language: Mapping[str, str] = labels if isinstance(labels, Mapping) else labels.root
        return by_language.get(language) or by_language[self.helpline.line.languages[0]]

    def _queue(self, queue: str, language: str) -> str:
        """Return a queue's name; one that the helpline no longer has keeps its id."""
        known = next((each for each in self.helpline.queues if each.id == queue), None)
        return (queue or "—") if known is None else self.label(known.label, language)

    def _formats(self, language: str) -> dict[str, object]:
        zone = self.helpline.line.zone

        def moment(at: datetime) -> str:
            return moment_words(at, f"{DAY}, HH:mm", zone, language)

        def day(at: datetime) -> str:
            return day_words(at.astimezone(zone).date(), language, DAY)

        def hour(at: datetime) -> str:
            return moment_words(at, "HH:mm", zone, language)

        return {
            "moment": moment,
            "day": day,
            "hour": hour,
            "duration": duration,
            "department": lambda code: self._departments.get(code, "—"),
            "urgency_label": lambda level: self._urgency[language][int(level)],
            "queue_label": lambda queue: self._queue(queue, language),
            "state_label": lambda state: self.label(
                self.helpline.case_states[CaseState(state)], language
            ),
            "disposition_label": lambda value: self.label(
                self.helpline.dispositions[Disposition(value)], language
            ),
            "ended_by_label": lambda value: self.label(
                self.helpline.ended_by[EndedBy(value)], language
            ),
        }


PAGES = web.AppKey("pages", Pages)


def _rights_of(staff: object) -> Callable[[str], bool]:
    """Return what says whether this reader's role has a right: which entries she is shown."""
    role = staff.role if isinstance(staff, Principal) else None
    return lambda right: role in roles_with(Right(right))


def duration(seconds: int) -> str:
    """Return « 1 min 05 » or « 12 s », with the narrow spaces of French typography."""
    minutes, rest = divmod(max(0, seconds), 60)
    return f"{minutes}\u202fmin\u202f{rest:02d}" if minutes else f"{rest}\u202fs"


def json_for_page(content: object) -> Markup:
    """Return JSON that may stand inside a `<script>` element: no `<` can close it early."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028"))  # noqa: S704
