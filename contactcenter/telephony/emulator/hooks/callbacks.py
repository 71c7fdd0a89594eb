"""Status callbacks: best effort, in order for one call or conference unless told otherwise."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from contactcenter.telephony.emulator.calls.tasks import Tasks
from contactcenter.telephony.emulator.hooks.faults import Faults
from contactcenter.telephony.emulator.hooks.webhooks import Hook, WebhookFailed, Webhooks

log = structlog.get_logger()

MAX_PENDING = 500


@dataclass(frozen=True, slots=True)
class CallbackAddress:
    """Where the events of one call or conference go, and which of them; `url` may be empty."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset()

    def wants(self, event: str) -> bool:
        """Return whether this event is to be sent."""
        return bool(self.url) and event in self.events


class Callbacks:
    """Sends each subject's callbacks one after the other, dropping those past a bound."""

    def __init__(self, webhooks: Webhooks, faults: Faults, tasks: Tasks) -> None:
        """Send through `webhooks`."""
        self._webhooks = webhooks
        self._faults = faults
        self._tasks = tasks
        self._pending: dict[str, deque[Hook]] = {}

    def send(
        self, subject: str, event: str, address: CallbackAddress, fields: Mapping[str, str]
    ) -> None:
        """Send `fields` about `subject` (a call's or conference's sid), soon and in order."""
        hook = Hook(address.url, address.method, fields)
        rule = self._faults.take("callback", event, address.url)
        if rule is not None and rule.act == "lose":
            return
        if rule is not None and rule.act == "late":
            self._tasks.start(self._later(rule.seconds, hook))
            return
        for _ in range(2 if rule is not None and rule.act == "repeat" else 1):
            self._queue(subject, hook)

    def _queue(self, subject: str, hook: Hook) -> None:
        pending = self._pending.get(subject)
        if pending is None:
            self._pending[subject] = deque([hook])
            self._tasks.start(self._drain(subject))
        elif len(pending) < MAX_PENDING:
            pending.append(hook)
        else:
            log.warning("emulator_callback_dropped")

    async def _drain(self, subject: str) -> None:
        pending = self._pending[subject]
        while pending:
            await self._deliver(pending.popleft())
        del self._pending[subject]

    async def _later(self, seconds: float, hook: Hook) -> None:
        await asyncio.sleep(seconds)
        await self._deliver(hook)

    async def _deliver(self, hook: Hook) -> None:
        try:
            await self._webhooks.ask(hook)
        except WebhookFailed as error:
            log.info("emulator_callback_failed", code=error.code)
