"""The chat page as bytes: template, data, files and the headers that keep it shut."""

import gzip
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

from chat.centre import Answering, Doors, EmergencyNumber, Openings, Question
from chat.problems import emergency_document
from chat.protocol import instant
from chat.widget.browsers import erasing
from chat.widget.bundle import bundle, light
from chat.widget.words import reopening_words
from config.clock import Clock
from config.errors import NotFound
from config.helpline.schema.pages import PagesFile
from config.helpline.texts import fill
from config.text import Catalog, Text
from config.vocabulary import Audience, QueueStateKind

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# The page's own script is all of these as one: see bundle.py. exit.js stands in the page itself.
_MODULES = (
    "app",
    "box",
    "conversation",
    "device",
    "link",
    "poll",
    "start",
    "store",
    "texts",
    "view",
    "words",
)
_FILES = ("widget.css", "icon.svg")
PRIVACY_PATH = "/confidentialite"
ACCESSIBILITY_PATH = "/accessibilite"  # where the RGAA wants it
# What a young person is asked first comes first; « not said » is the default.
_AUDIENCES = (Audience.MINOR, Audience.RELATIVE, Audience.PROFESSIONAL, Audience.UNKNOWN)
# Who comes is taken in; with nobody there yet, they wait and are told so.
_TAKES = (QueueStateKind.OPEN, QueueStateKind.UNSTAFFED)


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page, ready to be sent."""

    body: bytes
    gzipped: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class PageTerms:
    """What the helpline sets for its page.

    `exit_url` is the neutral site that takes the page's place on a quick
    exit. `escape_leaves`: Escape pressed three times leaves, as Shift does.
    `notices` are linked from the page, None where a helpline has none.
    """

    exit_url: str = "https://fr.wikipedia.org/"
    escape_leaves: bool = False
    notices: PagesFile | None = None


class Page:
    """Renders the page; holds its files in memory."""

    def __init__(
        self, *, socket_url: str, clock: Clock, catalog: Catalog, terms: PageTerms | None = None
    ) -> None:
        """Read the template and the files once."""
        here = files("chat.widget")
        self.socket_url = socket_url
        self._terms = terms or PageTerms()
        self._clock = clock
        self._catalog = catalog
        self._files = {name: _page_file(name, here.joinpath(name).read_bytes()) for name in _FILES}
        modules = {each: here.joinpath(f"{each}.js").read_text("utf-8") for each in _MODULES}
        self._files["chat.js"] = _page_file("chat.js", bundle(modules, "app").encode())
        self._exit_script = light(here.joinpath("exit.js").read_text("utf-8"))
        environment = jinja2.Environment(
            autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._template = environment.from_string(
            here.joinpath("page.html").read_text(encoding="utf-8")
        )

    def answer(self, openings: Openings, user_agent: str = "") -> web.Response:
        """Return the page with a fresh nonce."""
        nonce = secrets.token_urlsafe(18)
        words = self._texts(openings)
        html = self._template.render(
            t=words,
            language=openings.language,
            languages=openings.languages,
            line=openings.line,
            emergency=openings.emergency,
            departments=openings.departments,
            audiences=_AUDIENCES,
            questions=openings.questions,
            needs=openings.needs,
            door=self._door(openings, words),
            notices=self._notices(openings.language),
            data=_for_script(self._data(openings, words)),
            nonce=nonce,
            exit_script=self._exit_script,
            exit_url=self._terms.exit_url,
            escape_leaves=self._terms.escape_leaves,
            erase=erasing(user_agent),
        )
        response = web.Response(body=html.encode(), content_type="text/html", charset="utf-8")
        response.headers.update(self._headers(nonce))
        response.enable_compression()
        return response

    def file(self, name: str, *, gzip: bool) -> web.Response:
        """Return one of the page's files; NotFound for any other name."""
        file = self._files.get(name)
        if file is None:
            raise NotFound
        headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if gzip else {})
        return web.Response(
            body=file.gzipped if gzip else file.body,
            headers=headers,
            content_type=file.content_type,
            charset="utf-8",
        )

    def openings_document(self, openings: Openings) -> dict[str, Any]:
        """Return openings as `GET /chat/openings` answers them."""
        shown = {each: self._answering(openings, each) for each in _AUDIENCES}
        first = shown[Audience.UNKNOWN]
        return {
            "language": openings.language,
            "languages": list(openings.languages),
            # Who does not say who they are: what a page shows before anything is chosen.
            "open": first["state"] in _TAKES,
            "reopens_at": first["reopens_at"],
            "reopens": first["reopens"],
            "answering": shown,
            "emergency": [emergency_document(number) for number in openings.emergency],
            "departments": [{"code": d.code, "name": d.name} for d in openings.departments],
            "audiences": list(_AUDIENCES),
            "questions": [_question(each) for each in openings.questions],
            "needs": [{"id": each.id, "label": each.label} for each in openings.needs],
            "message_max_chars": openings.message_max_chars,
            "line": openings.line,
        }

    def doors_document(self, doors: Doors, emergency: Sequence[EmergencyNumber]) -> dict[str, Any]:
        """Return the ways in as `GET /chat/state` answers them."""
        return {
            "at": instant(doors.at),
            "language": doors.language,
            "timezone": doors.timezone,
            "doors": [
                {
                    "line": door.line,
                    "line_name": door.line_name,
                    "channel": door.channel,
                    "audience": door.audience,
                    "queue": door.queue,
                    "queue_label": door.queue_label,
                    **self._said(door.answering, doors.language, doors.timezone),
                }
                for door in doors.doors
            ],
            "emergency": [emergency_document(number) for number in emergency],
        }

    def _texts(self, openings: Openings) -> dict[str, Text]:
        return {**self._catalog.area("chat", openings.language), **openings.texts}

    def _notices(self, language: str) -> dict[str, str]:
        """Return the addresses of the notices, with the words of their links."""
        notices = self._terms.notices
        if notices is None:
            return {}
        compliance = f"public.compliance_{notices.accessibility.compliance}"
        return {
            PRIVACY_PATH: notices.privacy.title[language],
            ACCESSIBILITY_PATH: self._catalog.t(compliance, language),
        }

    def _door(self, openings: Openings, words: Mapping[str, Text]) -> dict[str, Any]:
        """Return the truth for who has not said who they are: what a page without scripts shows."""
        door = self._answering(openings, Audience.UNKNOWN)
        title, *more = (str(words[name]) for name in door["says"])
        opening = {"opening": door["reopens"]}
        return {
            "title": title,
            "words": " ".join(fill(each, opening) for each in more),
            "takes": door["state"] in _TAKES,
            "anybody": any(each.state in _TAKES for each in openings.answering.values()),
            "message": door["message"],
        }

    def _answering(self, openings: Openings, audience: Audience) -> dict[str, Any]:
        return self._said(openings.answering[audience], openings.language, openings.timezone)

    def _said(self, answering: Answering, language: str, timezone: str) -> dict[str, Any]:
        at = answering.reopens_at
        words = None
        if at is not None:
            words = reopening_words(self._catalog, language, at, self._clock.now(), timezone)
        return {
            "state": answering.state,
            "reopens_at": None if at is None else instant(at),
            "reopens": words,
            "message": answering.message,
            "says": list(answering.says),
        }

    def _data(self, openings: Openings, words: dict[str, Text]) -> dict[str, Any]:
        return {
            "language": openings.language,
            "line": openings.line,
            "answering": {each: self._answering(openings, each) for each in _AUDIENCES},
            "questions": [_question(each) for each in openings.questions],
            "links": _links(openings),
            "exit_url": self._terms.exit_url,
            "escape_leaves": self._terms.escape_leaves,
            "most_characters": openings.message_max_chars,
            "texts": words,
        }

    def _headers(self, nonce: str) -> dict[str, str]:
        socket = urlsplit(self.socket_url)
        policy = (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'nonce-{nonce}'",
            "img-src 'self'",
            f"connect-src 'self' {socket.scheme}://{socket.netloc}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
        return {
            "Content-Security-Policy": "; ".join(policy),
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }


def _question(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "label": question.label,
        "label_adult": question.label_adult,
        "audiences": list(question.audiences),
        "danger": question.is_danger,
        "help": None
        if question.help is None
        else {
            "text": question.help.text,
            "numbers": [emergency_document(number) for number in question.help.numbers],
        },
    }


def _links(openings: Openings) -> dict[str, str]:
    """Return what dials each number that the helpline's own lines may say."""
    helps = [number for each in openings.questions if each.help for number in each.help.numbers]
    return {
        each.number: f"{'sms' if each.text_message else 'tel'}:{each.number.replace(' ', '')}"
        for each in (*openings.emergency, *helps)
    }


def _page_file(name: str, body: bytes) -> PageFile:
    suffix = name[name.rindex(".") :]
    return PageFile(body, gzip.compress(body, compresslevel=9, mtime=0), _TYPES[suffix])


def _for_script(data: dict[str, Any]) -> str:
    """Return JSON that can stand inside a script element whatever its strings hold."""
    text = json.dumps(data, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
