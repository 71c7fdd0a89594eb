"""Headers that bind the browser: content policy with nonces, no framing, no caching, no referrer."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from contactcenter.web.problems import API_PREFIX

_NONCE = web.RequestKey("csp_nonce", str)


def csp_nonce(request: web.Request) -> str:
    """Return this answer's nonce, for `<script nonce=…>` and `<style nonce=…>`; made when asked."""
    nonce = request.get(_NONCE)
    if nonce is None:
        nonce = secrets.token_urlsafe(16)
        request[_NONCE] = nonce
    return nonce


@dataclass(frozen=True)
class ContentPolicy:
    """What a page may load besides its own origin.

    `connect` are origins the page's scripts may speak to (the emulator's
    socket in the demo, the carrier's in production); `media` those that sound
    may come from; `trusted_types` the names of the script policies that exist.
    """

    connect: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    trusted_types: tuple[str, ...] = ()

    def header(self, nonce: str) -> str:
        """Return the Content-Security-Policy of a page with this nonce."""
        directives = {
            "default-src": ("'none'",),
            "script-src": ("'self'", f"'nonce-{nonce}'"),
            "style-src": ("'self'", f"'nonce-{nonce}'"),
            "img-src": ("'self'", "data:"),
            "font-src": ("'self'",),
            "connect-src": ("'self'", *self.connect),
            "media-src": ("'self'", "blob:", *self.media),
            "manifest-src": ("'self'",),
            "form-action": ("'self'",),
            "base-uri": ("'none'",),
            "frame-ancestors": ("'none'",),
            "require-trusted-types-for": ("'script'",),
            "trusted-types": self.trusted_types or ("'none'",),
        }
        return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())


_FOR_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}
_TWO_YEARS = "max-age=63072000; includeSubDomains"


def security_headers(
    policy: ContentPolicy, *, https: bool
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return the `on_response_prepare` signal that completes every answer's headers.

    What a handler set itself stays. Nothing is cached unless the handler said
    so: pages and answers hold what only this person may read.
    """

    async def completed(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        # Our own files may be kept as long as the browser asks whether they changed.
        kept = "no-cache" if isinstance(response, web.FileResponse) else "no-store"
        headers.setdefault("Cache-Control", kept)
        if https:
            headers.setdefault("Strict-Transport-Security", _TWO_YEARS)
        is_page = response.content_type == "text/html" and not request.path.startswith(API_PREFIX)
        headers.setdefault(
            "Content-Security-Policy", policy.header(csp_nonce(request)) if is_page else _FOR_DATA
        )
        # Which server and version answers is of use to an attacker only.
        headers.popall("Server", None)

    return completed
