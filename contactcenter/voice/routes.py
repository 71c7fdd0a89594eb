"""The voice webhooks: verify, decide, commit, answer. No REST call is made while Twilio waits."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from aiohttp import web
from prometheus_client import Counter

from config.clock import Clock, from_milliseconds, milliseconds
from config.errors import CentreError, Conflict, NotFound, Refused, Unavailable
from config.helpline.helpline import Helpline
from config.helpline.schema.lanes import DANGER_KEY
from config.phone import valid_number
from config.vocabulary import ContactState, EngagementState, EngagementStep, Urgency
from contactcenter.telephony.signature import WebhookSignature
from contactcenter.voice import addresses, twiml
from contactcenter.voice.call_steps import CallSteps
from contactcenter.voice.callers import Callers
from contactcenter.voice.documents import OVER_STATES, Documents
from contactcenter.web.forms import posted_form
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements

log = structlog.get_logger()

# Beyond this the caller hears the emergency text and is kept; Twilio gives up at 15 s.
COMMIT_SECONDS = 3.0
FORM_BYTES = 64 * 1024
CALLBACK_KEY = "1"
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
# The caller left the queue because we moved them. Any other result (`queue-full`, `error`,
# `system-error`, or one unknown to us) leaves a living call without a document: it is told
# where it stands, and parked again after a pause.
MOVED_ON = frozenset({"redirected", "bridged", "redirected-from-bridged"})
# A redirect out of a <Dial> has its action asked first; the end of a conference says `answered`.
# What is answered is thrown away, so it must not have changed anything.
INTERRUPTED = "completed"
BRINGING = frozenset({EngagementStep.BRING_CALLER, EngagementStep.CALLER_JOINING})
# A call's identity: two posts without one would be taken for the same call.
CALL_SID = re.compile(r"CA[0-9a-f]{32}")
MILLISECONDS = re.compile(r"[0-9]{1,14}")

REFUSED = Counter("voice_webhooks_refused", "Webhooks refused: forged, unsigned or not ours")
HELD = Counter("voice_calls_held", "Answers that kept a caller while the database was away")

Form = Mapping[str, str]
Answer = Callable[[web.Request, Form], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class VoiceWebhooks:
    """Twilio's questions, answered from the contact's row and the step in the address."""

    callers: Callers
    steps: CallSteps
    contacts: Contacts
    engagements: Engagements
    signature: WebhookSignature
    account_sid: str
    documents: Documents
    helpline: Helpline
    clock: Clock

    def add_to(self, app: web.Application) -> None:
        """Add the routes; each checks the signature before anything else."""
        for path, answer in (
            (addresses.INCOMING, self._incoming),
            (addresses.MENU, self._menu),
            (addresses.WAIT, self._wait),
            (addresses.DANGER, self._danger),
            (addresses.LEFT, self._left),
            (addresses.JOIN, self._join),
            (addresses.AFTER, self._after),
            (addresses.STATUS, _absorbed(self._status)),
            (addresses.LEG, _absorbed(self._leg)),
            (addresses.CONFERENCE, _absorbed(self._conference)),
        ):
            name = path.strip("/").replace("/", ".")
            app.router.add_post(path, self._verified(answer), name=name)

    def _verified(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                form = await posted_form(request, FORM_BYTES)
            except Refused:
                form = {}  # what cannot be read, no signature covers
            signed = self.signature.is_valid(request.raw_path, form, request.headers)
            if not signed or form.get("AccountSid") != self.account_sid:
                REFUSED.inc()
                log.warning("webhook_refused", route=request.match_info.route.name)
                return web.Response(status=403)
            return await answer(request, form)

        return handler

    # -- the caller's documents

    async def _incoming(self, request: web.Request, form: Form) -> web.StreamResponse:
        first, call_sid = self._first_attempt(request), form.get("CallSid", "")
        if not CALL_SID.fullmatch(call_sid):
            raise web.HTTPBadRequest

        async def taken_in() -> str:
            contact = await self.callers.arrived(
                self.account_sid, call_sid, form.get("From", ""), form.get("To", ""), first
            )
            return self.documents.of(contact)

        again = addresses.address(addresses.INCOMING, first=milliseconds(first))
        return await self._held(
            taken_in, again, lambda: self.contacts.by_call(self.account_sid, call_sid)
        )

    def _first_attempt(self, request: web.Request) -> datetime:
        """Return when the call first reached us; the address says it, and its signature vouches."""
        given, now = request.query.get("first", ""), self.clock.now()
        if not MILLISECONDS.fullmatch(given):
            return now
        return min(now, from_milliseconds(int(given)))

    async def _menu(self, request: web.Request, form: Form) -> web.StreamResponse:
        contact_id = _id(request, "contact")
        digit = _digit(request, form)

        async def placed() -> str:
            contact = await self.callers.chose(contact_id, digit)
            return self.documents.of(contact, silent=not digit)

        again = addresses.address(addresses.MENU, contact=contact_id, digit=digit)
        return await self._held(placed, again, lambda: self.contacts.get(contact_id))

    async def _wait(self, request: web.Request, form: Form) -> web.StreamResponse:
        return self._waiting(request, form)

    def _number_of(self, form: Form) -> str | None:
        return valid_number(form.get("From", ""), self.helpline.phone_region)

    def _waiting(self, request: web.Request, form: Form, *, raised: bool = False) -> web.Response:
        return _xml(
            self.documents.waiting(
                _id(request, "contact"),
                self.helpline.language(request.query.get("language")),
                adult=request.query.get("adult") == "1",
                raised=raised,
                word=request.query.get("word"),
                can_be_called=self._number_of(form) is not None,
            )
        )

    async def _danger(self, request: web.Request, form: Form) -> web.StreamResponse:
        """Act on a key pressed while waiting: danger always, a callback if it was offered."""
        digit, contact_id = _digit(request, form), _id(request, "contact")
        agrees = digit == CALLBACK_KEY and request.query.get("callback") == "1"
        if digit != DANGER_KEY and not agrees:
            return self._waiting(request, form)
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                if digit == DANGER_KEY:
                    contact = await self.callers.declared_danger(contact_id)
                else:
                    contact = await self.callers.agreed_callback(contact_id)
        except (TimeoutError, Unavailable):
            # The word « danger » must not be lost: the address brings the key again.
            asked = {**request.query, "digit": digit}
            return self._hold(request, addresses.address(addresses.DANGER, **asked))
        except NotFound:
            log.info("callback_for_unknown_contact")
            return self._waiting(request, form)
        if contact.state in OVER_STATES:
            return _xml(self.documents.of(contact))
        self.documents.note(contact)
        raised = digit == DANGER_KEY and contact.urgency is Urgency.U1
        return self._waiting(request, form, raised=raised)

    async def _left(self, request: web.Request, form: Form) -> web.StreamResponse:
        contact_id, result = _id(request, "contact"), form.get("QueueResult", "")

        async def decided() -> str:
            if result == "hangup" or form.get("CallStatus") in OVER:
                await self.callers.left(contact_id, "hung_up_waiting")
                return twiml.nothing()
            if result in MOVED_ON:
                return twiml.nothing()
            return self.documents.unparked(await self.contacts.get(contact_id))

        again = addresses.address(addresses.LEFT, contact=contact_id)
        return await self._held(decided, again, lambda: self.contacts.get(contact_id))

    async def _join(self, request: web.Request, form: Form) -> web.StreamResponse:
        del form
        engagement_id = _id(request, "engagement")

        async def engaged() -> tuple[Engagement, ContactSnapshot]:
            engagement = await self.engagements.get(engagement_id)
            if engagement is None:
                raise NotFound("no such engagement")
            return engagement, await self.contacts.get(engagement.contact_id)

        async def its_contact() -> ContactSnapshot:
            return (await engaged())[1]

        async def joined() -> str:
            engagement, contact = await engaged()
            if contact.state is ContactState.ACTIVE and contact.turn == engagement.turn:
                assert engagement.conference_name is not None, "a call has its conference's name"
                return twiml.join(engagement.conference_name, contact.contact_id, engagement_id)
            return self.documents.of(contact, again=True)

        again = addresses.address(addresses.JOIN, engagement=engagement_id)
        return await self._held(joined, again, its_contact)

    async def _after(self, request: web.Request, form: Form) -> web.StreamResponse:
        """Say what follows the conference: goodbye, or another listener."""
        contact_id, engagement_id = _id(request, "contact"), _id(request, "engagement")

        async def followed() -> str:
            if form.get("CallStatus") in OVER:
                await self.callers.left(contact_id, "hung_up")
                return twiml.nothing()
            if form.get("DialCallStatus") == INTERRUPTED and await self._is_brought(engagement_id):
                return twiml.go_and_join(engagement_id)
            contact = await self.callers.lost_listener(contact_id, engagement_id)
            moved = await self._is_handed_over(engagement_id)
            return self.documents.of(contact, again=True, moved=moved)

        again = addresses.address(addresses.AFTER, contact=contact_id, engagement=engagement_id)
        return await self._held(followed, again, lambda: self.contacts.get(contact_id))

    # -- callbacks: absorbed whatever they say, in whatever order

    async def _status(self, request: web.Request, form: Form) -> web.StreamResponse:
        del request
        status = form.get("CallStatus", "")
        if status in OVER:
            await self.callers.call_over(self.account_sid, form.get("CallSid", ""), status)
        return web.Response(status=204)

    async def _leg(self, request: web.Request, form: Form) -> web.StreamResponse:
        engagement = await self.engagements.get(_id(request, "engagement"))
        if engagement is not None:
            await self._leg_changed(engagement, form)
        return web.Response(status=204)

    async def _leg_changed(self, engagement: Engagement, form: Form) -> None:
        status, sid = form.get("CallStatus", ""), form.get("CallSid", "")
        if engagement.leg_call_sid is None and sid:
            engagement = await self.engagements.note_leg(engagement.engagement_id, leg_call_sid=sid)
        if sid != engagement.leg_call_sid:
            # Another leg than the one we hold: a placed call whose answer was lost, then repeated.
            log.info("callback_for_another_leg", engagement_id=str(engagement.engagement_id))
        elif status in OVER:
            await self.steps.leg_ended(engagement)
        elif engagement.state not in (EngagementState.CONNECTING, EngagementState.TALKING):
            await self.steps.leg_unwanted(engagement)
        elif status == "in-progress" and engagement.step in (
            EngagementStep.CALL_LISTENER,
            EngagementStep.LISTENER_RINGING,
        ):
            await self.steps.listener_answered(engagement)

    async def _conference(self, request: web.Request, form: Form) -> web.StreamResponse:
        engagement = await self.engagements.get(_id(request, "engagement"))
        if engagement is None or form.get("StatusCallbackEvent") != "participant-join":
            return web.Response(status=204)
        contact = await self.contacts.get(engagement.contact_id)
        if form.get("CallSid") == contact.call_sid:
            if engagement.state is EngagementState.CONNECTING:
                await self.steps.caller_joined(engagement)
        elif engagement.conference_sid is None and form.get("ConferenceSid"):
            await self.engagements.note_leg(
                engagement.engagement_id, conference_sid=form["ConferenceSid"]
            )
        return web.Response(status=204)

    async def _is_brought(self, engagement_id: UUID) -> bool:
        """Tell whether a step of ours is moving the caller to this engagement's listener."""
        taken = await self.engagements.get(engagement_id)
        return taken is not None and taken.step in BRINGING

    async def _is_handed_over(self, engagement_id: UUID) -> bool:
        """Tell whether the talk went on hold because its listener gave it on elsewhere."""
        taken = await self.engagements.get(engagement_id)
        return (
            taken is not None
            and taken.state is EngagementState.HANDED_OVER
            and taken.lost_at is None
        )

    # -- when the database is away

    async def _held(
        self,
        decide: Callable[[], Awaitable[str]],
        again: str,
        present: Callable[[], Awaitable[ContactSnapshot | None]],
    ) -> web.Response:
        """Answer with a decision, or keep the caller and ask again when the database is away.

        A state that moved on under the decision is no outage: the answer is
        then the document of the contact as it is at `present`.
        """
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                try:
                    return _xml(await decide())
                except Conflict as error:
                    log.info("webhook_overtaken", code=error.code)
                contact = await present()
                return _xml(
                    self.documents.farewell() if contact is None else self.documents.of(contact)
                )
        except (TimeoutError, Unavailable) as error:
            log.warning("caller_held", code=getattr(error, "code", "timeout"))
        except NotFound:
            log.info("callback_for_unknown_contact")
            return _xml(self.documents.farewell())
        except Exception as error:
            # A mistake of ours about one call: the carrier would end it, and we keep it.
            code = error.code if isinstance(error, CentreError) else type(error).__name__
            log.exception("webhook_failed", code=code)
        return self._hold(None, again)

    def _hold(self, request: web.Request | None, again: str) -> web.Response:
        HELD.inc()
        wanted = request.query.get("language") if request is not None else None
        language = self.helpline.language(wanted)
        return _xml(self.documents.hold_on(language, again))


def _absorbed(answer: Answer) -> Answer:
    """Return the answer to a callback, done or overtaken by what happened since: 204 for both."""

    async def handler(request: web.Request, form: Form) -> web.StreamResponse:
        try:
            return await answer(request, form)
        except (Conflict, NotFound) as error:
            log.info("callback_overtaken", code=error.code)
            return web.Response(status=204)

    return handler


def _id(request: web.Request, name: str) -> UUID:
    """Return an id of the address; it is ours and signed, so a wrong one is a wrong request."""
    try:
        return UUID(request.query.get(name, ""))
    except ValueError:
        raise web.HTTPBadRequest from None


def _digit(request: web.Request, form: Form) -> str:
    """Return the key pressed; a held caller is asked again without it, and the address has it."""
    return (form.get("Digits") or request.query.get("digit", ""))[:1]


def _xml(document: str) -> web.Response:
    return web.Response(text=document, content_type="text/xml")
