"""Where a request of the staff's comes from: for the sign-in limits only, kept by nobody."""

from aiohttp import web

from chat.address import client_of

# How many of our own proxies stand in front of the port; see the setting PROXY_HOPS.
PROXY_HOPS = web.AppKey("proxy_hops", int)


def client_address(request: web.Request) -> str:
    """Return the client; see `chat.address.client_of`."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return client_of(request.remote, forwarded, request.app.get(PROXY_HOPS, 0))
