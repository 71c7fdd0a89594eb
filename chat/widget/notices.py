"""The public's other pages: notices, and what an address that leads nowhere shows.

They hold no script and no form, only the way out and the numbers that answer:
somebody who mistyped an address at night must not read a machine's error.
"""

import re
from importlib.resources import files

import jinja2
from aiohttp import web

from chat.centre import Openings
from config.dates import day_words
from config.helpline.schema.base import Label
from config.helpline.schema.pages import Notice
from config.text import Catalog

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
Sections = list[dict[str, object]]
# What a browser asks for when it goes to an address; programs and our own scripts name JSON or `*/*`.
_HTML = re.compile(
    r"(?:text/html|application/xhtml\+xml)\s*(?:;\s*q\s*=\s*([0-9.]+))?\s*", re.IGNORECASE
)
_MAX_ACCEPT = 1000


def wants_page(request: web.Request) -> bool:
    """Tell whether a person's browser asks, rather than a program that reads JSON."""
    if request.method not in ("GET", "HEAD"):
        return False
    for part in request.headers.get("Accept", "")[:_MAX_ACCEPT].split(","):
        asked = _HTML.fullmatch(part.strip())
        if asked is not None:
            return asked[1] is None or asked[1].strip("0.") != ""
    return False


class Notices:
    """Renders them in the reader's language."""

    def __init__(self, catalog: Catalog, exit_url: str) -> None:
        """Read the template once."""
        self._catalog = catalog
        self._exit_url = exit_url
        environment = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        text = files("chat.widget").joinpath("notice.html").read_text(encoding="utf-8")
        self._template = environment.from_string(text)

    def notice(self, openings: Openings, notice: Notice) -> web.Response:
        """Return a notice of the helpline, with the day it was written."""
        language = openings.language
        sections: Sections = [
            {
                "title": each.title[language],
                "paragraphs": [paragraph[language] for paragraph in each.paragraphs],
            }
            for each in notice.sections
        ]
        day = day_words(notice.written_at, language)
        written = self._catalog.t("public.written_at", language, day=day)
        sections.append({"title": "", "paragraphs": [written]})
        return self._page(openings, notice.title, sections)

    def lost(self, openings: Openings, status: int) -> web.Response:
        """Return what an address that leads nowhere, or a failure of ours, shows a person."""
        name = "not_found" if status < 500 else "failed"
        title, words = (
            self._catalog.t(f"public.{name}_{each}", openings.language)
            for each in ("title", "words")
        )
        sections: Sections = [{"title": "", "paragraphs": [words]}]
        return self._page(openings, title, sections, status=status)

    def _page(
        self,
        openings: Openings,
        title: Label | str,
        sections: Sections,
        *,
        status: int = 200,
    ) -> web.Response:
        language = openings.language
        html = self._template.render(
            t=self._catalog.area("public", language),
            language=language,
            languages=openings.languages,
            exit_url=self._exit_url,
            emergency=openings.emergency[:3],
            title=title if isinstance(title, str) else title[language],
            sections=sections,
        )
        return web.Response(
            body=html.encode(),
            status=status,
            headers=_HEADERS,
            content_type="text/html",
            charset="utf-8",
        )
