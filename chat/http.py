"""The chat's public HTTP routes: the page, and the fallback for when no socket passes.

    GET  /chat/?lang=fr&line=LINE             the page
    GET  /chat/static/{file}                  its style, script and icon
    GET  /chat/openings?language=fr&line=LINE open or closed, numbers, départements, questions
    GET  /chat/state?language=fr              which lines, channels and queues answer now
    POST /chat/conversations                  → 201 {conversation_id, token, socket_url, head_seq}
    GET  /chat/conversations/{id}/messages    ?after=SEQ → lines, and where it stands
    POST /chat/conversations/{id}/messages    {cid, text} → 201 {cid, seq, at}
    POST /chat/conversations/{id}/leave       {quick?} → 204

All of these are open to anybody; those of a conversation ask for its token as
`Authorization: Bearer`. There are no cookies, so nothing rides along with a
request that another site makes; such a request is refused all the same. No
answer may be stored anywhere: `no-store`, on the page's own files too.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar
from uuid import UUID

import structlog
from aiohttp import web

from chat.address import area_of, client_of, hidden
from chat.bodies import opening_of, read_at_most
from chat.centre import Centre, Opened, Opening
from chat.limits import Bucket, Buckets, HttpLimits, Rate
from chat.openings import Opener, Openings
from chat.problems import PLAIN_HEADERS, problem
from chat.protocol import (
    MAX_SEQ,
    instant,
    is_token,
    line_document,
    parse_cid,
    parse_text,
)
from chat.public_pages import PublicPages, language_wanted
from chat.session import message_of
from chat.widget.notices import Notices, wants_page
from chat.widget.page import Page, PageTerms
from config.clock import Clock, monotonic
from config.errors import (
    CentreError,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMuch,
    Unavailable,
)
from config.text import Catalog
from config.vocabulary import ContactState

log = structlog.get_logger()

# An address at its limit has some of its conversations looked at: who was answered weighs no
# more. Few of them, and rarely, or the looking would be the flood.
LOOKED_AT = 16
LOOKS = Rate(burst=5, per_second=2)
TALKED = frozenset({ContactState.ACTIVE, ContactState.ENDED})

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.Response]]
Lost = Callable[[web.Request, int], web.Response | None]


def add_chat_routes(
    app: web.Application,
    centre: Centre,
    *,
    page_origins: Collection[str],
    socket_url: str,
    clock: Clock,
    catalog: Catalog,
    terms: PageTerms | None = None,
    limits: HttpLimits | None = None,
    forwarded_hops: int = 0,
) -> Lost:
    """Add the chat's routes to the public application; return what shows a lost address.

    `page_origins` are the origins the page is served from; `socket_url` is
    the gateway's public address, path included; `terms` are what the helpline
    sets for its page. Reads the page's files once, now.
    """
    terms = terms or PageTerms()
    pages = PublicPages(centre, terms, Notices(catalog, terms.exit_url))
    routes = ChatRoutes(
        centre,
        Page(socket_url=socket_url, clock=clock, catalog=catalog, terms=terms),
        pages,
        frozenset(page_origins),
        limits or HttpLimits(),
        forwarded_hops,
    )
    conversation = "/chat/conversations/{conversation_id}"
    # The names are what logs call the routes: a path would carry the conversation's id.
    for method, path, handler, name in (
        ("GET", "/chat/", routes.page, "page"),
        ("GET", "/chat/static/{file}", routes.file, "static"),
        *(("GET", path, handler, name) for path, handler, name in pages.routes()),
        ("GET", "/chat/openings", routes.openings, "openings"),
        ("GET", "/chat/state", routes.state, "state"),
        ("POST", "/chat/conversations", routes.open_conversation, "open"),
        ("GET", conversation + "/messages", routes.messages, "messages"),
        ("POST", conversation + "/messages", routes.send, "send"),
        ("POST", conversation + "/leave", routes.leave, "leave"),
        ("OPTIONS", "/chat/conversations", routes.preflight, "open.preflight"),
        ("OPTIONS", conversation + "/messages", routes.preflight, "messages.preflight"),
        ("OPTIONS", conversation + "/leave", routes.preflight, "leave.preflight"),
    ):
        answered = routes.answered(handler)
        app.router.add_route(method, path, answered, name=f"chat.{name}")
        if method == "GET":  # what answers GET answers HEAD (RFC 9110, 9.1)
            app.router.add_route("HEAD", path, answered, name=f"chat.{name}")
    return routes.lost


class ChatRoutes:
    """The handlers, and what every one of them obeys (`answered`)."""

    def __init__(
        self,
        centre: Centre,
        page: Page,
        pages: PublicPages,
        page_origins: frozenset[str],
        limits: HttpLimits,
        forwarded_hops: int,
    ) -> None:
        """Keep what the handlers need."""
        self._centre = centre
        self._page = page
        self._pages = pages
        self._page_origins = page_origins
        self._limits = limits
        self._forwarded_hops = forwarded_hops
        self._requests = Buckets(limits.requests_per_address)
        self._openings = Openings(limits.openings_per_address, limits.openings)
        self._opening = asyncio.Semaphore(limits.opening_at_once)
        self._looks = Bucket(LOOKS, monotonic())
        self._refused_now = 0
        self._sends = Buckets(limits.sends_per_conversation)

    def answered(self, handler: Handler) -> Handler:
        """Return the handler with origin and rate checked, errors answered, headers set."""

        async def answer(request: web.Request) -> web.Response:
            try:
                self._screen(request)
                response = await handler(request)
            except CentreError as error:
                response = self._refused(request, error)
                if error.code == "too_much":
                    await self._let_wait(response)
            except web.HTTPException:
                raise
            except Exception:
                log.exception("chat_request_failed", method=request.method)
                response = self._refused(request, CentreError())
            for name, value in {**PLAIN_HEADERS, **self._cors(request)}.items():
                response.headers.setdefault(name, value)
            return response

        return answer

    async def page(self, request: web.Request) -> web.Response:
        """Answer the page, in the language asked for, the browser's, or the line's first one."""
        openings = self._centre.openings(language_wanted(request, "lang"), _line(request))
        return self._page.answer(openings, request.headers.get("User-Agent", ""))

    async def file(self, request: web.Request) -> web.Response:
        """Answer one of the page's files; there are no others."""
        return self._page.file(
            request.match_info["file"], gzip="gzip" in request.headers.get("Accept-Encoding", "")
        )

    async def openings(self, request: web.Request) -> web.Response:
        """Answer what the page shows before anything is written."""
        openings = self._centre.openings(language_wanted(request, "language"), _line(request))
        return web.json_response(self._page.openings_document(openings))

    async def state(self, request: web.Request) -> web.Response:
        """Answer which ways in are answered now, for the public site's own page."""
        doors = self._centre.doors(language_wanted(request, "language"))
        emergency = self._centre.openings(doors.language).emergency
        return web.json_response(self._page.doors_document(doors, emergency))

    async def open_conversation(self, request: web.Request) -> web.Response:
        """Take a visitor in; nothing in the body is required."""
        body = await self._body(request)
        opening = opening_of(body, request.headers.get("Accept-Language", ""))
        opener = self._opener(request)
        await self._take_opening(opener)
        opened = await self._asked(self._opened_in_turn(opening))
        self._openings.opened(opener, opened.conversation_id, monotonic())
        document = {
            "conversation_id": str(opened.conversation_id),
            "token": opened.token,
            "socket_url": self._page.socket_url,
            "head_seq": opened.head_seq,
        }
        return web.json_response(document, status=201)

    async def messages(self, request: web.Request) -> web.Response:
        """Answer the lines after a cursor; what is left out does not exist for the visitor."""
        contact_id = await self._visitor(request)
        after = _after(request.query.get("after", "0"))
        # In this order: a line that comes between the two is in the answer. The other
        # way round, a conversation could be called over with its last line missing.
        status = await self._asked(self._centre.status(contact_id))
        lines = await self._asked(self._centre.after(contact_id, after, self._limits.page_lines))
        await self._asked(self._centre.alive(contact_id))
        return web.json_response(
            {
                "messages": [line_document(message_of(line)) for line in lines],
                "head_seq": status.head_seq,
                "state": status.state,
                "position": status.position,
                "wait_seconds": status.wait_seconds,
                "queue": status.queue,
                "message": status.message,
                **({"quick": True} if status.quick else {}),
                "says": status.says,
            }
        )

    async def send(self, request: web.Request) -> web.Response:
        """Store one line; the same cid and text again get the same answer."""
        contact_id = await self._visitor(request)
        body = await self._body(request)
        cid = parse_cid(body.get("cid"))
        text = parse_text(body.get("text"), cid, self._limits.line_characters)
        if wait := self._sends.take(contact_id, monotonic()):
            raise TooMuch(code="too_fast", retry_after=wait)
        stored = await self._asked(self._centre.append(contact_id, cid, text))
        document = {"cid": str(cid), "seq": stored.seq, "at": instant(stored.at)}
        return web.json_response(document, status=201)

    async def leave(self, request: web.Request) -> web.Response:
        """End the conversation; again changes nothing."""
        contact_id = await self._visitor(request)
        quick = (await self._body(request)).get("quick", False)
        if not isinstance(quick, bool):
            raise InvalidInput(code="bad_field", field="quick")
        await self._asked(self._centre.leave(contact_id, quick=quick))
        return web.Response(status=204)

    async def preflight(self, _request: web.Request) -> web.Response:
        """Answer a browser's question about a cross-origin request; `_cors` has the answer."""
        return web.Response(status=204)

    async def _take_opening(self, opener: Opener) -> None:
        """Take one opening for this address; what was answered meanwhile weighs no more."""
        if not self._openings.take(opener, monotonic()):
            return
        if not self._looks.take(monotonic()):
            for conversation_id in self._openings.unanswered(opener, LOOKED_AT, monotonic()):
                with contextlib.suppress(NotFound, Unavailable):
                    status = await self._asked(self._centre.status(conversation_id))
                    if status.state in TALKED:
                        self._openings.answered(opener, monotonic())
                    elif status.state is not ContactState.CLOSED:
                        self._openings.opened(opener, conversation_id, monotonic())
        if wait := self._openings.take(opener, monotonic()):
            raise TooMuch(retry_after=wait)

    async def _opened_in_turn(self, opening: Opening) -> Opened:
        async with self._opening:
            return await self._centre.open_conversation(opening)

    async def _let_wait(self, response: web.Response) -> None:
        """Hold an answer back, and close the connection after it: a flood has to wait as well."""
        response.force_close()
        if self._refused_now >= self._limits.refused_at_once:
            return
        self._refused_now += 1
        try:
            await asyncio.sleep(self._limits.refused_seconds)
        finally:
            self._refused_now -= 1

    # What every route obeys.

    def _screen(self, request: web.Request) -> None:
        # Two are no browser's, and two readers could each believe another one.
        origins = request.headers.getall("Origin", [])
        if len(origins) > 1 or not self._page_origins.issuperset(origins):
            raise NotAllowed(code="foreign_origin")
        if wait := self._too_many(request):
            raise TooMuch(retry_after=wait)

    def _too_many(self, request: web.Request) -> float:
        """Count a request of this address; return for how long it must wait, 0 when it need not."""
        return self._requests.take(hidden(self._client(request)), monotonic())

    def _cors(self, request: web.Request) -> dict[str, str]:
        origins = request.headers.getall("Origin", [])
        if len(origins) != 1 or (origin := origins[0]) not in self._page_origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": "600",
        }

    def _client(self, request: web.Request) -> str:
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
        return client_of(request.remote, forwarded, self._forwarded_hops)

    def _opener(self, request: web.Request) -> Opener:
        client = self._client(request)
        return Opener(hidden(client), hidden(area_of(client)))

    def _refused(self, request: web.Request, error: CentreError) -> web.Response:
        response = problem(error, self._centre.openings("").emergency)
        if not wants_page(request) or isinstance(error, TooMuch):
            return response
        return self._pages.lost(request, response.status)

    def lost(self, request: web.Request, status: int) -> web.Response | None:
        """Return the page of an address that leads nowhere; None for a program, or too many."""
        if not wants_page(request) or self._too_many(request):
            return None
        return self._pages.lost(request, status)

    async def _visitor(self, request: web.Request) -> UUID:
        """Return whose conversation it is; NotSignedIn unless the token is that conversation's."""
        try:
            conversation_id = UUID(request.match_info["conversation_id"])
        except ValueError:
            raise NotFound from None
        credentials = request.headers.getall("Authorization", [])
        scheme, _, token = credentials[0].partition(" ") if len(credentials) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not is_token(token):
            raise NotSignedIn
        return (await self._asked(self._centre.admit(conversation_id, token))).contact_id

    async def _body(self, request: web.Request) -> dict[str, Any]:
        """Return the JSON object sent, {} when nothing was; bounded before it is read."""
        raw = await read_at_most(request, self._limits.body_bytes)
        if not raw:
            return {}
        if request.content_type != "application/json":
            raise InvalidInput(code="unsupported_media_type")
        try:
            document = json.loads(raw)
        except (ValueError, RecursionError):
            raise InvalidInput(code="invalid_json") from None
        if not isinstance(document, dict):
            raise InvalidInput(code="invalid_json")
        return document

    async def _asked(self, asked: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._limits.centre_seconds):
                return await asked
        except TimeoutError:
            raise Unavailable(code="centre_too_slow") from None


def _line(request: web.Request) -> str:
    """Return the line whose door the query names, as far as it can be one."""
    return request.query.get("line", "")[:64]


def _after(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_SEQ:
        return int(text)
    raise InvalidInput(code="bad_field", field="after")
