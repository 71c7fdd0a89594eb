"""`GET /phone`: the socket of one outside telephone, which calls our number.

Client frames: `dial {from?, withheld?, audio?, speaks?}`, `press {key}`,
`spoken {id}`, `signal {peer, data}`, `hang_up`. Server frames: `ready`, `call`,
`say`, `play`, `music`, `beep`, `hush`, `keys`, `conference`, `peer`,
`peer_gone`, `signal`, `error`. Closing the socket hangs up.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.calls.flows import dial_in
from contactcenter.telephony.emulator.sockets.socket import Socket, accept

WITHHELD = "+266696687"  # what Twilio puts in From for « anonymous »
DEFAULT_FROM = "+33639980001"  # from the range France keeps for fiction
KEYS = frozenset("0123456789*#")
NUMBER = re.compile(r"\+?[0-9]{2,15}")


class PhoneSocket:
    """Serves outside telephones."""

    def __init__(self, exchange: Exchange) -> None:
        """Place calls through `exchange`."""
        self._exchange = exchange

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one telephone for as long as its socket lives."""
        if not _is_ours(request):
            raise web.HTTPForbidden
        response, socket = await accept(request)
        writer = self._exchange.tasks.start(socket.write())
        socket.send(
            {
                "type": "ready",
                "number": self._exchange.config.number,
                "line": self._exchange.config.line_name,
            }
        )
        call: Call | None = None
        try:
            async for frame in socket.frames():
                call = self._take(socket, call, frame)
        finally:
            if call is not None:
                self._exchange.hang_up(call, by_person=True)
            writer.cancel()
        return response

    def _take(self, socket: Socket, call: Call | None, frame: dict[str, Any]) -> Call | None:
        if frame.get("type") == "dial":
            if call is not None and call.is_live:
                return call
            return self._dial(socket, frame)
        if call is not None:
            self._act(call, frame)
        return call

    def _dial(self, socket: Socket, frame: dict[str, Any]) -> Call | None:
        number = str(frame.get("from") or DEFAULT_FROM)
        withheld = frame.get("withheld") is True
        if not withheld and not NUMBER.fullmatch(number):
            socket.send({"type": "error", "code": "wrong_number"})
            return None
        socket.has_audio = frame.get("audio") is True
        socket.speaks = frame.get("speaks") is True
        call = dial_in(self._exchange, socket, WITHHELD if withheld else number)
        if call is None:
            socket.send({"type": "error", "code": "network_full"})
        return call

    def _act(self, call: Call, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "press" if frame.get("key") in KEYS:
                call.press(str(frame["key"]))
            case "spoken" if frame.get("id") == call.utterance:
                call.spoken.set()
            case "signal":
                self._exchange.signal(call.sid, frame)
            case "hang_up":
                self._exchange.hang_up(call, by_person=True)


def _is_ours(request: web.Request) -> bool:
    """Refuse other sites' pages: they could place calls from a visitor's browser."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
