"""The public port's other pages: where typed addresses lead, the notices, and what a lost one shows."""

from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web

from chat.centre import Centre
from chat.widget.notices import Notices
from chat.widget.page import ACCESSIBILITY_PATH, PRIVACY_PATH, PageTerms
from config.errors import NotFound
from config.helpline.schema.pages import Notice, PagesFile
from config.languages import is_tag, wanted

# What people type, and what the page was called elsewhere.
_ONWARD = ("/", "/chat", "/tchat", "/tchat/")

Handler = Callable[[web.Request], Awaitable[web.Response]]


def language_wanted(request: web.Request, name: str) -> str:
    """Return the language named in the query, then those the browser prefers."""
    return wanted(request.query.get(name, ""), request.headers.get("Accept-Language", ""))


class PublicPages:
    """Their handlers; whatever engine is down, they answer."""

    def __init__(self, centre: Centre, terms: PageTerms, notices: Notices) -> None:
        """Ask `centre` for the numbers and languages; `terms` has what the notices say."""
        self._centre = centre
        self._terms = terms
        self._notices = notices

    def routes(self) -> Iterator[tuple[str, Handler, str]]:
        """Return each path with its handler and the name that logs call it."""
        yield PRIVACY_PATH, self.privacy, "privacy"
        yield ACCESSIBILITY_PATH, self.accessibility, "accessibility"
        for at, path in enumerate(_ONWARD):
            yield path, self.onward, f"onward{at}"

    async def onward(self, request: web.Request) -> web.Response:
        """Lead an address that people type, or a site of old, to the page; the method is kept."""
        language = request.query.get("lang", "")
        query = f"?lang={language}" if is_tag(language) else ""
        raise web.HTTPPermanentRedirect(f"/chat/{query}")

    async def privacy(self, request: web.Request) -> web.Response:
        """Answer what is kept of who writes, in words for a child."""
        return self._notice(request, self._written().privacy)

    async def accessibility(self, request: web.Request) -> web.Response:
        """Answer the accessibility statement."""
        return self._notice(request, self._written().accessibility)

    def lost(self, request: web.Request, status: int) -> web.Response:
        """Return what an address that leads nowhere, or a failure of ours, shows a person."""
        openings = self._centre.openings(language_wanted(request, "lang"))
        return self._notices.lost(openings, status)

    def _written(self) -> PagesFile:
        if self._terms.notices is None:
            raise NotFound
        return self._terms.notices

    def _notice(self, request: web.Request, notice: Notice) -> web.Response:
        openings = self._centre.openings(language_wanted(request, "lang"))
        return self._notices.notice(openings, notice)
