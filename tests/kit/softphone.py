"""A listener's telephone without a browser, and the tokens it registers with."""

from dataclasses import dataclass

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from tests.kit.sockets import Frame, FrameSocket
from tests.kit.until import until


@dataclass(frozen=True)
class TokenMaker:
    """Makes access tokens as the service does, for tests without the service."""

    account_sid: str
    api_key_sid: str
    api_key_secret: str

    def token(self, identity: str, *, seconds: int = 600, incoming: bool = True) -> str:
        """Return a token for `identity`."""
        token = AccessToken(
            self.account_sid,
            self.api_key_sid,
            self.api_key_secret,
            identity=identity,
            ttl=seconds,
        )
        token.add_grant(VoiceGrant(incoming_allow=incoming))
        return str(token.to_jwt())


class Softphone(FrameSocket):
    """`async with Softphone(url, token) as softphone:` registers and answers.

    With `answers` true it answers every incoming leg; a set of offer ids answers
    only those, as the desk does; false lets it ring.
    """

    def __init__(self, emulator_url: str, token: str, *, answers: bool | set[str] = True) -> None:
        """Use the emulator at that address."""
        super().__init__(f"{emulator_url.rstrip('/')}/softphone")
        self._token = token
        self.answers = answers

    async def register(self) -> None:
        """Register the token's identity; waits for the network's word."""
        await self.send({"type": "register", "token": self._token})
        await until(lambda: self.of("registered") or self.of("error"))

    async def received(self, frame: Frame) -> None:
        """Answer an incoming leg when told to."""
        if frame.get("type") != "incoming":
            return
        offer_id = frame["parameters"].get("offer_id", "")
        if self.answers is True or (isinstance(self.answers, set) and offer_id in self.answers):
            await self.answer(frame["call"])

    async def answer(self, call_sid: str) -> None:
        """Answer a ringing leg."""
        await self.send({"type": "answer", "call": call_sid})

    async def refuse(self, call_sid: str) -> None:
        """Refuse a ringing leg."""
        await self.send({"type": "refuse", "call": call_sid})

    async def hang_up(self) -> None:
        """Hang up the last leg."""
        await self.send({"type": "hang_up", "call": self.call_sid})

    async def until_ringing(self, seconds: float = 5.0) -> Frame:
        """Wait for an incoming leg and return its frame."""
        return await self.frame("incoming", seconds)

    async def until_status(self, *statuses: str, seconds: float = 5.0) -> str:
        """Wait until the last leg has one of these statuses and return it."""
        await until(lambda: self.status in statuses, seconds, saying=f"status in {statuses}")
        return self.status

    async def until_talking(self, seconds: float = 5.0) -> None:
        """Wait until somebody else is in the conference with this telephone."""
        await until(
            lambda: self.of("conference") and self.of("conference")[-1]["sound"] == "talking",
            seconds,
            saying="talking",
        )

    @property
    def is_registered(self) -> bool:
        """Whether the network took the token."""
        return bool(self.of("registered"))

    @property
    def call_sid(self) -> str:
        """The sid of the last leg that rang; empty before the first."""
        legs = self.of("incoming")
        return str(legs[-1]["call"]) if legs else ""

    @property
    def status(self) -> str:
        """The status of the last leg answered here; empty before the first."""
        calls = self.of("call")
        return str(calls[-1]["status"]) if calls else ""
