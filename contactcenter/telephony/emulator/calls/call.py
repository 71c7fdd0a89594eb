"""A call: its identity, where it stands, and the order it was last given."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactcenter.telephony.emulator.conferences.media import Endpoint
from contactcenter.telephony.emulator.documents.outcomes import Ask, HangUp
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress
from contactcenter.telephony.emulator.wire import API_VERSION, LIVE_CALLS, CallStatus

MAX_KEYS = 32


@dataclass(slots=True, eq=False)
class Call:
    """One leg between the network and a telephone.

    `order` is what interrupts the work in hand: a document to run instead, or
    the end. An end is final: no later order replaces it.
    """

    sid: str
    account_sid: str
    direction: str
    from_: str
    to: str
    created_at: datetime
    updated_at: datetime
    status: CallStatus = CallStatus.QUEUED
    endpoint: Endpoint | None = None
    callback: CallbackAddress = field(default_factory=CallbackAddress)
    sequence: int = 0
    # How long it waits for the account's calls a second before it is placed.
    queue_ms: int = 0
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    order: Ask | HangUp | None = None
    ordered: asyncio.Event = field(default_factory=asyncio.Event)
    # Where pressed keys go while a <Gather> listens; keys pressed at other times are lost.
    keys: asyncio.Queue[str] | None = None
    # Set by the telephone when it has finished speaking an utterance aloud.
    spoken: asyncio.Event = field(default_factory=asyncio.Event)
    utterance: int = 0

    @property
    def is_live(self) -> bool:
        """Whether the call has not ended."""
        return self.status in LIVE_CALLS

    def give(self, order: Ask | HangUp) -> None:
        """Interrupt the call's work with an order."""
        if isinstance(self.order, HangUp):
            return
        self.order = order
        self.ordered.set()

    async def next_order(self) -> None:
        """Wait until an order has been given."""
        await self.ordered.wait()

    def take_order(self) -> Ask | HangUp | None:
        """Return the latest order and forget it, unless it is the end, which stays."""
        order = self.order
        if not isinstance(order, HangUp):
            self.order = None
            self.ordered.clear()
        return order

    def press(self, key: str) -> None:
        """Take a key; without a listening `<Gather>`, or past a bound, it is lost."""
        if self.keys is not None and not self.keys.full():
            self.keys.put_nowait(key)

    def tell(self, frame: Mapping[str, object]) -> None:
        """Send a frame to the telephone, if one is connected."""
        if self.endpoint is not None:
            self.endpoint.send({"call": self.sid, **frame})

    def seconds(self) -> int:
        """Return the whole seconds talked, from answer to end; 0 while it goes on."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())

    def fields(self) -> dict[str, str]:
        """Return the fields that every voice webhook about this call carries.

        The places of a number are blank, as Twilio leaves them when it knows
        none: a receiver that drops blank fields fails the signature check.
        """
        blank = dict.fromkeys(
            f"{whose}{what}"
            for whose in ("From", "To", "Caller", "Called")
            for what in ("City", "State", "Zip")
        )
        return {
            **dict.fromkeys(blank, ""),
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": self.sid,
            "CallStatus": self.status.value,
            "Called": self.to,
            "CalledCountry": "FR",
            "Caller": self.from_,
            "CallerCountry": "FR",
            "Direction": self.direction,
            "From": self.from_,
            "FromCountry": "FR",
            "To": self.to,
            "ToCountry": "FR",
        }
