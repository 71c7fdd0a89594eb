"""Documents played to a call: speech, keys, pauses, and where they lead.

A verb ends with None (go on), an `Ask` (another document), `Left` (out of the
queue whose wait document this is) or `HangUp`.
"""

import asyncio
from collections.abc import Mapping
from urllib.parse import urljoin

import structlog

from contactcenter.telephony.emulator.calls.call import MAX_KEYS, Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.calls.tasks import race
from contactcenter.telephony.emulator.documents import dialling, queueing, twiml
from contactcenter.telephony.emulator.documents.outcomes import Ask, Failed, HangUp, Left, Outcome
from contactcenter.telephony.emulator.hooks.webhooks import Hook, WebhookFailed
from contactcenter.telephony.emulator.wire import CallStatus

log = structlog.get_logger()

MAX_SILENT_DOCUMENTS = 20
SPEECH_PATIENCE = 3.0


class Script:
    """Plays documents to one call."""

    def __init__(self, exchange: Exchange, call: Call) -> None:
        """Play to `call`."""
        self.exchange = exchange
        self.call = call
        # Documents asked since something was last heard: an endless redirect is stopped.
        self._silent_documents = 0
        self.times_heard = 0

    async def run(self, ask: Ask) -> HangUp:
        """Play from `ask` on until nothing is left to do; the call is then to be ended.

        A document that fails goes to the number's fallback address, by GET,
        with ErrorCode and ErrorUrl; a fallback that fails ends the call.
        """
        outcome = await self.documents(ask, twiml.ALL_VERBS)
        if isinstance(outcome, Failed) and self.exchange.fallback_url:
            log.info("emulator_fallback", code=outcome.code)
            fields = {"ErrorCode": str(outcome.code), "ErrorUrl": outcome.url}
            fallback = Ask(self.exchange.fallback_url, "GET", fields)
            outcome = await self.documents(fallback, twiml.ALL_VERBS)
        if isinstance(outcome, Failed):
            answered = self.call.answered_at is not None
            return HangUp(CallStatus.COMPLETED if answered else CallStatus.FAILED, by_person=False)
        return outcome if isinstance(outcome, HangUp) else HangUp(by_person=False)

    async def documents(self, ask: Ask, allowed: frozenset[type]) -> Outcome:
        """Play documents, following where they lead, until one leads nowhere."""
        outcome: Outcome = ask
        while isinstance(outcome, Ask):
            self._silent_documents += 1
            if self._silent_documents > MAX_SILENT_DOCUMENTS:
                log.warning("emulator_endless_documents")
                return HangUp(by_person=False)
            url = outcome.url
            try:
                verbs = await self._read(outcome, allowed)
            except WebhookFailed as error:
                return Failed(error.code, url)
            except twiml.TwimlError as error:
                return Failed(error.code, url)
            outcome = await self._play_verbs(verbs, url)
        return outcome

    async def _read(self, ask: Ask, allowed: frozenset[type]) -> tuple[twiml.Verb, ...]:
        document = ask.document
        if document is None:
            fields = self.call.fields() | dict(ask.fields)
            document = await self.exchange.webhooks.ask(Hook(ask.url, ask.method, fields))
        verbs = twiml.read(document, allowed)
        if ask.document is not None and not all(map(_is_absolute, twiml.addresses(verbs))):
            # A document given in a request has no address that others could be relative to.
            raise twiml.TwimlError(11100)
        return verbs

    async def _play_verbs(self, verbs: tuple[twiml.Verb, ...], base: str) -> Outcome:
        if self.call.answered_at is None and not (verbs and isinstance(verbs[0], twiml.Reject)):
            self.exchange.set_status(self.call, CallStatus.IN_PROGRESS)
        for verb in verbs:
            outcome = await self._play_verb(verb, base)
            if outcome is not None:
                return outcome
        return None

    async def _play_verb(self, verb: twiml.Verb, base: str) -> Outcome:
        match verb:
            case twiml.Gather():
                outcome = await self._gather(verb, base)
            case twiml.Redirect():
                outcome = Ask(urljoin(base, verb.url), verb.method)
            case twiml.Enqueue():
                outcome = await queueing.enqueue(self, verb, base)
            case twiml.Dial():
                outcome = await dialling.dial(self, verb, base)
            case twiml.Leave():
                outcome = Left()
            case twiml.Hangup():
                outcome = HangUp(by_person=False)
            case twiml.Reject():
                outcome = self._reject(verb)
            case _:
                await self.prompt(verb, base)
                outcome = None
        return outcome

    def _reject(self, verb: twiml.Reject) -> HangUp:
        status = CallStatus.BUSY if verb.reason == "busy" else CallStatus.NO_ANSWER
        return HangUp(status, by_person=False)

    def heard(self) -> None:
        """Note that the call was given something that takes time."""
        self._silent_documents = 0
        self.times_heard += 1

    async def rest(self, seconds: float) -> None:
        """Let `seconds` of the call's time pass."""
        self.heard()
        await asyncio.sleep(seconds / self.exchange.config.tempo)

    async def prompt(self, verb: twiml.Say | twiml.Play | twiml.Pause, base: str) -> None:
        """Speak, play or pause; cancelled, it hushes the telephone."""
        try:
            match verb:
                case twiml.Say():
                    for _ in range(verb.loop):
                        await self._say(verb)
                case twiml.Play():
                    for _ in range(verb.loop):
                        self.call.tell({"type": "play", "url": urljoin(base, verb.url)})
                        await self.rest(self.exchange.config.play_seconds)
                case twiml.Pause():
                    await self.rest(verb.seconds)
        except asyncio.CancelledError:
            self.call.tell({"type": "hush"})
            raise

    async def _say(self, verb: twiml.Say) -> None:
        config = self.exchange.config
        self.call.utterance += 1
        self.call.spoken.clear()
        seconds = 0.3 + len(verb.text) / config.speech_chars_per_second
        self.call.tell(
            {
                "type": "say",
                "id": self.call.utterance,
                "text": verb.text,
                "language": verb.language,
                "seconds": round(seconds / config.tempo, 3),
            }
        )
        await self.rest(seconds)
        if self.call.endpoint is not None and self.call.endpoint.speaks:
            # The telephone speaks aloud and says when it has finished; a voice may be
            # slower than our estimate, within reason.
            await race(self.call.spoken.wait(), self.rest(seconds * SPEECH_PATIENCE))

    async def _gather(self, verb: twiml.Gather, base: str) -> Outcome:
        keys: asyncio.Queue[str] = asyncio.Queue(MAX_KEYS)
        self.call.keys = keys
        self.call.tell({"type": "keys", "open": True})
        try:
            pressed, finished_on = await self._collect(verb, base, keys)
        finally:
            self.call.keys = None
            self.call.tell({"type": "keys", "open": False})
        if not pressed and not finished_on and not verb.action_on_empty:
            return None
        fields = {"Digits": pressed, "msg": "Gather End"}
        if finished_on:
            fields["FinishedOnKey"] = finished_on
        return Ask(urljoin(base, verb.action) if verb.action else base, verb.method, fields)

    async def _collect(
        self, verb: twiml.Gather, base: str, keys: asyncio.Queue[str]
    ) -> tuple[str, str]:
        """Return the keys pressed and the key that finished them, if one did."""
        pressed = ""
        key: str | None = await race(keys.get(), self._prompts(verb, base))
        if key is None:
            key = await self._next_key(verb, keys)
        while key is not None:
            if key in verb.finish_on_key:
                return pressed, key
            pressed += key
            if len(pressed) == verb.num_digits or len(pressed) == MAX_KEYS:
                return pressed, ""
            key = await self._next_key(verb, keys)
        return pressed, ""

    async def _prompts(self, verb: twiml.Gather, base: str) -> None:
        for prompt in verb.prompts:
            await self.prompt(prompt, base)

    async def _next_key(self, verb: twiml.Gather, keys: asyncio.Queue[str]) -> str | None:
        key: str | None = await race(keys.get(), self.rest(verb.timeout))
        return key

    def after(
        self, action: str | None, method: str, base: str, fields: Mapping[str, str]
    ) -> Ask | None:
        """Return the request of a verb's action, or None to go on with the next verb."""
        return None if action is None else Ask(urljoin(base, action), method, fields)

    def notify_after(
        self, action: str | None, method: str, base: str, fields: Mapping[str, str], status: str
    ) -> None:
        """Make an action's request for a call that is already elsewhere; no answer is awaited."""
        if action is not None:
            everything = self.call.fields() | {"CallStatus": status} | dict(fields)
            self.exchange.notify(Ask(urljoin(base, action), method, everything))

    async def ask_after(
        self, action: str | None, method: str, base: str, fields: Mapping[str, str]
    ) -> None:
        """Make an action's request, wait for its answer, and throw it away."""
        if action is not None:
            await self.exchange.ask_in_vain(
                Ask(urljoin(base, action), method, self.call.fields() | dict(fields))
            )


def _is_absolute(address: str) -> bool:
    return address.startswith(("http://", "https://"))
