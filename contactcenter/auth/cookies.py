"""The session cookie, and the origin from which a browser may use it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from aiohttp import web

from config.addresses import is_loopback, origins_of
from config.errors import Misconfigured, NotAllowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE = "cc_session"


@dataclass(frozen=True)
class BrowserRules:
    """What follows from the staff port's public address.

    On https the cookie is `__Host-cc_session`, Secure: no other host of the
    domain can set or read it. On http, which only a loopback address may use,
    it has the plain name, for a browser refuses the prefix there.
    """

    origins: frozenset[str]
    cookie_name: str
    secure: bool

    @classmethod
    def of(cls, staff_base_url: str) -> "BrowserRules":
        """Read the address; Misconfigured for http anywhere but on loopback."""
        address = urlsplit(staff_base_url)
        loopback = is_loopback(address.hostname or "")
        if not address.hostname or address.scheme not in {"http", "https"}:
            raise Misconfigured(["STAFF_BASE_URL: an http(s) address with a host is needed"])
        if address.scheme == "http" and not loopback:
            raise Misconfigured(["STAFF_BASE_URL: http is for loopback; sessions need https"])
        secure = address.scheme == "https"
        return cls(
            origins=origins_of(staff_base_url),
            cookie_name=f"__Host-{_COOKIE}" if secure else _COOKIE,
            secure=secure,
        )

    def set_cookie(self, response: web.StreamResponse, token: str, expires_at: datetime) -> None:
        """Hand the session to the browser: not to scripts, nor to any other site's requests."""
        response.set_cookie(
            self.cookie_name,
            token,
            expires=expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="Strict",
        )

    def clear_cookie(self, response: web.StreamResponse) -> None:
        """Take the session back from the browser."""
        response.del_cookie(
            self.cookie_name, path="/", secure=self.secure, httponly=True, samesite="Strict"
        )

    def token(self, request: web.Request) -> str | None:
        """Return what the browser sent as its session, if anything."""
        return request.cookies.get(self.cookie_name) or None

    def check_origin(self, request: web.Request, *, by_cookie: bool) -> None:
        """Raise NotAllowed `foreign_origin` for a request that another site's page made.

        A browser names the page's origin on every unsafe request and on every
        socket. Programs send none, and have no cookie that a page could
        borrow; a request that does come with the cookie must say where from.
        """
        origin = request.headers.get("Origin")
        same = request.headers.getall("Sec-Fetch-Site", []) == ["same-origin"]
        if origin == "null" and same:
            # Our own form: without a referrer the browser hides the origin too, and says
            # in a header that no page can set where the form stood.
            return
        if origin is not None:
            if origin not in self.origins:
                raise NotAllowed(code="foreign_origin")
            return
        if request.method in SAFE_METHODS or not by_cookie:
            return
        if not same:
            raise NotAllowed(code="foreign_origin")


def refuse_two_origins(request: web.Request) -> None:
    """Raise NotAllowed for two `Origin` headers: no browser's, and each reader takes another."""
    if len(request.headers.getall("Origin", [])) > 1:
        raise NotAllowed(code="foreign_origin")
