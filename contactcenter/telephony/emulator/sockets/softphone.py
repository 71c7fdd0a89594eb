"""`GET /softphone`: the socket of one listener's telephone, rung by the API.

Client frames: `register {token, audio?}`, `answer {call}`, `refuse {call}`,
`hang_up {call}`, `mute {call, muted}`, `press {call, key}`,
`signal {call, peer, data}`, `ping`. Server frames: `registered {identity,
expires_in}`, `token_will_expire`, `incoming {call, from, parameters}`,
`cancelled`, `call`, `say`, `play`, `music`, `beep`, `hush`, `conference`,
`peer`, `peer_gone`, `signal`, `pong`, `error`. The token travels in the first
frame, never in the address. Any origin may connect: the token is the proof.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from aiohttp import web
from pydantic import SecretStr

from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.sockets.socket import Socket, accept

log = structlog.get_logger()

REGISTER_SECONDS = 10.0
TOKEN_WARNING_SECONDS = 60.0
MAX_IDENTITY = 121


@dataclass(frozen=True, slots=True)
class Grant:
    """What an access token allows: to be rung under an identity for a while."""

    identity: str
    expires_at: float


class SoftphoneSocket:
    """Serves listeners' telephones."""

    def __init__(self, exchange: Exchange) -> None:
        """Ring through `exchange`."""
        self._exchange = exchange

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one telephone for as long as its socket lives; closing it ends its leg."""
        response, socket = await accept(request)
        frames = socket.frames()
        first: dict[str, Any] = {}
        try:
            async with asyncio.timeout(REGISTER_SECONDS):
                first = await anext(frames, {})
        except TimeoutError:
            log.info("emulator_softphone_silent")
        grant = self._grant(first)
        if grant is None:
            await socket.refuse("wrong_token")
            return response
        socket.has_audio = first.get("audio") is True
        tasks = self._exchange.tasks
        writer, warner = tasks.start(socket.write()), tasks.start(self._warn(socket, grant))
        self._exchange.softphones.register(grant.identity, socket)
        socket.send({"type": "registered", "identity": grant.identity})
        try:
            async for frame in frames:
                if frame.get("type") == "register":
                    warner = self._renew(socket, grant, frame, warner)
                else:
                    self._act(socket, frame)
        finally:
            self._gone(socket, grant)
            writer.cancel()
            warner.cancel()
        return response

    def _grant(self, frame: Mapping[str, Any]) -> Grant | None:
        if frame.get("type") != "register":
            return None
        return read_token(
            str(frame.get("token", "")),
            self._exchange.config.account_sid,
            self._exchange.config.api_keys,
        )

    def _renew(
        self,
        socket: Socket,
        grant: Grant,
        frame: Mapping[str, Any],
        warner: asyncio.Task[Any],
    ) -> asyncio.Task[Any]:
        """Take a fresh token for the same identity; another one is refused."""
        fresh = self._grant(frame)
        if fresh is None or fresh.identity != grant.identity:
            socket.send({"type": "error", "code": "wrong_token"})
            return warner
        warner.cancel()
        if socket not in self._exchange.softphones.of(grant.identity):
            # The token before had expired: it rings from now on again.
            self._exchange.softphones.register(grant.identity, socket)
        socket.send({"type": "registered", "identity": grant.identity})
        return self._exchange.tasks.start(self._warn(socket, fresh))

    async def _warn(self, socket: Socket, grant: Grant) -> None:
        """Ask for a fresh token before this one expires; without one the telephone is deaf."""
        left = grant.expires_at - self._exchange.clock.now().timestamp()
        await asyncio.sleep(max(0.0, left - TOKEN_WARNING_SECONDS))
        socket.send({"type": "token_will_expire"})
        await asyncio.sleep(min(left, TOKEN_WARNING_SECONDS))
        self._exchange.softphones.remove(grant.identity, socket)
        socket.send({"type": "error", "code": "token_expired"})

    def _act(self, socket: Socket, frame: dict[str, Any]) -> None:
        kind, sid = frame.get("type"), str(frame.get("call", ""))
        if kind == "ping":
            socket.send({"type": "pong"})
            return
        ringing = self._exchange.ringing.get(sid)
        if ringing is not None and kind == "answer":
            ringing.answer(socket)
        elif ringing is not None and kind == "refuse":
            ringing.refuse(socket)
        call = self._exchange.live_call(sid)
        if call is not None and call.endpoint is socket:
            self._act_on(call, frame)

    def _act_on(self, call: Call, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "hang_up":
                self._exchange.hang_up(call, by_person=True)
            case "press":
                call.press(str(frame.get("key", ""))[:1])
            case "signal":
                self._exchange.signal(call.sid, frame)

    def _gone(self, socket: Socket, grant: Grant) -> None:
        self._exchange.softphones.remove(grant.identity, socket)
        for ringing in tuple(self._exchange.ringing.values()):
            ringing.refuse(socket)
        for call in tuple(self._exchange.calls.values()):
            if call.endpoint is socket:
                self._exchange.hang_up(call, by_person=True)


def read_token(token: str, account_sid: str, api_keys: Mapping[str, SecretStr]) -> Grant | None:
    """Return what a Twilio access token grants, or None if it does not hold.

    It must be signed by one of our API keys, for our account, unexpired, with a
    voice grant that allows incoming calls.
    """
    try:
        header = jwt.get_unverified_header(token)
        issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
        secret = api_keys.get(issuer)
        if secret is None or header.get("cty") != "twilio-fpa;v=1":
            return None
        claims = jwt.decode(
            token,
            secret.get_secret_value(),
            algorithms=["HS256"],
            options={"require": ["exp", "sub", "iss"]},
        )
    except jwt.InvalidTokenError:
        return None
    grants = claims.get("grants", {})
    identity = str(grants.get("identity", ""))
    incoming = grants.get("voice", {}).get("incoming", {}).get("allow") is True
    if claims["sub"] != account_sid or not incoming or not 0 < len(identity) <= MAX_IDENTITY:
        return None
    return Grant(identity, float(claims["exp"]))
