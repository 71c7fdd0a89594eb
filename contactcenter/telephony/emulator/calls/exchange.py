"""The exchange: every call, queue and conference, and what is told about them."""

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from config.clock import Clock
from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.ringing import Ringing
from contactcenter.telephony.emulator.calls.sids import new_sid
from contactcenter.telephony.emulator.calls.softphones import Softphones
from contactcenter.telephony.emulator.calls.tasks import Tasks
from contactcenter.telephony.emulator.conferences.media import Endpoint
from contactcenter.telephony.emulator.conferences.rooms import Rooms
from contactcenter.telephony.emulator.config import EmulatorConfig
from contactcenter.telephony.emulator.documents.outcomes import Ask, HangUp
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress, Callbacks
from contactcenter.telephony.emulator.hooks.faults import Faults
from contactcenter.telephony.emulator.hooks.webhooks import Hook, WebhookFailed, Webhooks
from contactcenter.telephony.emulator.wire import LIVE_CALLS, CallStatus

log = structlog.get_logger()

KEPT_CALLS = 2000
INBOUND_EVENTS: Mapping[CallStatus, str] = {
    CallStatus.QUEUED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "in-progress",
}
OUTBOUND_EVENTS: Mapping[CallStatus, str] = {
    CallStatus.QUEUED: "initiated",
    CallStatus.RINGING: "ringing",
    CallStatus.IN_PROGRESS: "answered",
}


@dataclass(slots=True)
class Queue:
    """A parking place: who waits since when, and how long the last ones waited."""

    sid: str
    members: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=50))

    def position(self, call_sid: str) -> int:
        """Return the place of a call, 1 first; 0 if it is not there."""
        return next((n for n, sid in enumerate(self.members, 1) if sid == call_sid), 0)

    def average_wait(self) -> int:
        """Return the average whole seconds that the last callers waited."""
        return round(sum(self.waits) / len(self.waits)) if self.waits else 0


class Exchange:
    """What the sockets, the REST interface and the documents act upon."""

    def __init__(
        self,
        config: EmulatorConfig,
        clock: Clock,
        tasks: Tasks,
        webhooks: Webhooks,
        faults: Faults,
    ) -> None:
        """Hold the account of `config`."""
        self.config = config
        self.clock = clock
        self.tasks = tasks
        self.webhooks = webhooks
        self.faults = faults
        # Where failed documents go; empty when there is no such place.
        self.fallback_url = config.voice_fallback_url
        self.callbacks = Callbacks(webhooks, faults, tasks)
        self.softphones = Softphones()
        self.ringing: dict[str, Ringing] = {}
        self.calls: OrderedDict[str, Call] = OrderedDict()
        self.queues: dict[str, Queue] = {}
        self.rooms = Rooms(config.account_sid, clock, self.callbacks, self.calls)
        self._next_turn = clock.now()
        self._number_callback = CallbackAddress(
            config.status_url, "POST", frozenset(config.status_events)
        )

    def new_call(
        self,
        direction: str,
        from_: str,
        to: str,
        *,
        endpoint: Endpoint | None = None,
        callback: CallbackAddress | None = None,
    ) -> Call | None:
        """Register a call, or return None when the exchange is full."""
        if sum(call.is_live for call in self.calls.values()) >= self.config.max_calls:
            log.warning("emulator_full")
            return None
        now = self.clock.now()
        call = Call(
            sid=new_sid("CA"),
            account_sid=self.config.account_sid,
            direction=direction,
            from_=from_,
            to=to,
            created_at=now,
            updated_at=now,
            endpoint=endpoint,
            callback=callback or self._number_callback,
        )
        if direction != "inbound":
            call.queue_ms = self._queue_ms(now)
        self.calls[call.sid] = call
        self._forget_old_calls()
        return call

    def _queue_ms(self, now: datetime) -> int:
        """Return how long a call placed now waits for its turn, which it takes."""
        if not self.config.calls_per_second:
            return 0
        turn = max(now, self._next_turn)
        self._next_turn = turn + timedelta(seconds=1 / self.config.calls_per_second)
        return round((turn - now).total_seconds() * 1000)

    def live_call(self, sid: str) -> Call | None:
        """Return a call that has not ended."""
        call = self.calls.get(sid)
        return call if call is not None and call.is_live else None

    def set_status(self, call: Call, status: CallStatus) -> None:
        """Move a call on; tells its telephone and its callback address. An end is final."""
        if not call.is_live or (status is call.status and status is not CallStatus.QUEUED):
            return
        now = self.clock.now()
        call.status, call.updated_at = status, now
        if status is CallStatus.IN_PROGRESS:
            call.answered_at = now
        ended = status not in LIVE_CALLS
        if ended:
            call.ended_at = now
        call.tell({"type": "call", "status": status.value, "from": call.from_, "to": call.to})
        self._tell_status(call, status, now)
        if ended:
            call.endpoint = None

    def _tell_status(self, call: Call, status: CallStatus, now: datetime) -> None:
        inbound = call.direction == "inbound"
        event = (INBOUND_EVENTS if inbound else OUTBOUND_EVENTS).get(status, "completed")
        if not call.callback.wants(event):
            return
        fields = call.fields() | {
            "CallStatus": "initiated" if event == "initiated" else status.value,
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "Timestamp": _rfc2822(now),
        }
        if event == "completed":
            seconds = call.seconds()
            fields |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60))}
        call.sequence += 1
        self.callbacks.send(call.sid, status.value, call.callback, fields)

    def queue(self, name: str) -> Queue:
        """Return the queue of that name, made on demand as Twilio does."""
        return self.queues.setdefault(name, Queue(new_sid("QU")))

    def notify(self, ask: Ask) -> None:
        """Make a request whose answer matters to nobody any more, such as the action of a call
        that was redirected or has hung up.
        """
        self.tasks.start(self.ask_in_vain(ask))

    async def ask_in_vain(self, ask: Ask) -> None:
        """Make a request and throw its answer away, as soon as it has come."""
        try:
            await self.webhooks.ask(Hook(ask.url, ask.method, ask.fields))
        except WebhookFailed as error:
            log.info("emulator_notice_failed", code=error.code)

    def hang_up(self, call: Call, *, by_person: bool) -> None:
        """End a call: its work is interrupted and cleans up after itself."""
        call.give(HangUp(by_person=by_person))

    def signal(self, call_sid: str, frame: Mapping[str, Any]) -> None:
        """Relay a WebRTC signal to a peer of the same conference; others are dropped."""
        peer = str(frame.get("peer", ""))
        target = self.live_call(peer)
        if target is not None and self.rooms.may_signal(call_sid, peer):
            target.tell({"type": "signal", "peer": call_sid, "data": frame.get("data")})

    def _forget_old_calls(self) -> None:
        excess = len(self.calls) - KEPT_CALLS - self.config.max_calls
        if excess > 0:
            ended = [sid for sid, call in self.calls.items() if not call.is_live]
            for sid in ended[:excess]:
                del self.calls[sid]


def _rfc2822(now: datetime) -> str:
    return now.strftime("%a, %d %b %Y %H:%M:%S +0000")
