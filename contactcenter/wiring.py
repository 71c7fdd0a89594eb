"""Which service gets what: every class of the centre is made here, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.settings import Settings
from contactcenter.api.services import StaffServices
from contactcenter.auth.accounts import StaffAccounts
from contactcenter.auth.passwords import Passwords
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import Quarantine
from contactcenter.centre.queue.escalation import Escalations
from contactcenter.centre.queue.offers import Offers
from contactcenter.centre.queue.outcomes import Outcomes
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.queueing import Queueing
from contactcenter.centre.queue.reconcile import Reconciler
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.queue.sweep import Sweep
from contactcenter.centre.staff.case_desk import CaseDesk
from contactcenter.centre.staff.contact_desk import ContactDesk
from contactcenter.centre.staff.destinations import Destinations
from contactcenter.centre.staff.form_library import FormLibrary
from contactcenter.centre.staff.live import LiveHub
from contactcenter.centre.staff.softphones import Softphones
from contactcenter.centre.system_lines import SystemLines
from contactcenter.centre.visitors.conversations import Conversations
from contactcenter.centre.visitors.life import SignsOfLife
from contactcenter.centre.wakes import Wakes
from contactcenter.engines_in_use import EnginesInUse
from contactcenter.telephony.transport import CallRate, twilio_transport
from contactcenter.telephony.twilio_adapter import TwilioAccount, TwilioTelephony
from contactcenter.wiring_intake import Intake, Voice
from contactcenter.wiring_supervision import supervision_parts
from records.audit import Sealer
from records.cases.cases import Cases
from records.contacts.contacts import Contacts
from records.contacts.file import ContactFiles
from records.contacts.gate import ContactGate
from records.database import Database
from records.engagements.engagements import Engagements
from records.follow_ups import FollowUps
from records.forms.closing import WriteUps
from records.forms.forms import Forms
from records.lock import NodeLock
from records.messages.messages import Messages
from records.overrides import QueueOverrides
from records.presence import PresenceStore
from records.set_aside import SetAside
from records.supervision import Floor
from routing.router import Router
from routing.wakeups import WakeKind, Wakeups

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Centre:
    """The whole service, before any port is opened."""

    staff: StaffServices
    database: Database
    router: Router
    accounts: StaffAccounts
    conversations: Conversations
    live: LiveHub
    wakes: Wakes
    life: SignsOfLife
    sweep: Sweep
    states: QueueStates
    escalations: Escalations
    outcomes: Outcomes
    reconciler: Reconciler
    reconciler_lock: NodeLock
    sealer: Sealer
    effects: Effects
    clock: Clock
    voice: Voice | None

    async def sealing(self) -> None:
        """Chain the audit rows committed since the last second."""
        await self.sealer.seal_once(self.clock.now())


@asynccontextmanager
async def centre(
    settings: Settings, helpline: Helpline, engines: EnginesInUse, clock: Clock, public_url: str
) -> AsyncIterator[Centre]:
    """Make every service over the engines, and close what they opened."""
    database, vault, router = engines.database, engines.vault, engines.router
    limits = helpline.limits
    async with AsyncExitStack() as stack:
        passwords = await stack.enter_async_context(Passwords())
        telephony = await _telephony(stack, settings, helpline, public_url)
        messages = Messages(database, vault, clock, most_chars=limits.message_max_chars)
        await stack.enter_async_context(messages.running())

        wrap_up = timedelta(seconds=limits.wrap_up_seconds)
        forms = Forms(database, vault)
        contacts = Contacts(database, vault, wrap_up=wrap_up, closing=WriteUps(forms, helpline))
        engagements = Engagements(
            database, vault, returned_head_start_ms=helpline.urgency.returned_head_start_ms
        )
        store = PresenceStore(database)
        quarantine = partial(Quarantine, SetAside(database), clock)
        placements = Placements(helpline)
        wakes = Wakes(Wakeups(engines.redis, engines.plan), router)
        queueing = Queueing(router, contacts, placements, clock)
        presence = Presence(
            store,
            router,
            queueing,
            clock,
            helpline,
            news=partial(wakes.tell, WakeKind.STATE),
            begin_pause=store.begin_pause,
        )
        lines = SystemLines(messages, wakes, helpline)
        effects = Effects(queueing, presence, router, wakes, lines, clock, asyncio.Event())
        offers = Offers(router, contacts, engagements, queueing, presence, effects, helpline, clock)
        contact_desk = ContactDesk(
            contacts,
            engagements,
            ContactFiles(database, vault, forms),
            ContactGate(database, vault),
            messages,
            forms,
            effects,
            wakes,
            placements,
            Destinations(Floor(database), helpline),
            clock,
        )
        overrides = QueueOverrides(database, vault)
        states = QueueStates(router, overrides, helpline, clock)
        intake = Intake(
            contacts,
            engagements,
            FollowUps(database, vault),
            effects,
            placements,
            states,
            router,
            clock,
        )
        supervised = supervision_parts(
            database,
            vault,
            router,
            contacts,
            engagements,
            store,
            presence,
            overrides,
            states,
            contact_desk,
            effects,
            placements,
            clock,
        )
        live = LiveHub(
            router,
            wakes,
            offers,
            presence,
            contact_desk,
            supervised.board,
            quarantine("live"),
            clock,
        )
        life = SignsOfLife(
            contacts,
            router,
            effects,
            quarantine("absent_visitors"),
            clock,
            silent=timedelta(seconds=limits.no_socket_offer_seconds),
            away=timedelta(seconds=limits.away_seconds),
        )
        accounts = StaffAccounts.over(
            database, vault, passwords, clock, lasts=timedelta(hours=limits.session_hours)
        )
        lock = NodeLock(database, f"reconciler:{helpline.line.pool}")
        yield Centre(
            staff=StaffServices(
                accounts=accounts,
                presence=presence,
                offers=offers,
                contacts=contact_desk,
                cases=CaseDesk(Cases(database, vault), helpline, clock),
                forms=FormLibrary(forms),
                softphones=Softphones(telephony, settings.emulator_url),
                live=live,
                supervision=supervised.supervision,
                supervised=supervised.supervised,
                follow_ups=supervised.follow_ups,
                colleagues=supervised.colleagues,
            ),
            database=database,
            router=router,
            accounts=accounts,
            conversations=intake.conversations(messages, lines, wakes, life),
            live=live,
            wakes=wakes,
            life=life,
            sweep=Sweep(
                router,
                contacts,
                engagements,
                store,
                presence,
                queueing,
                effects,
                quarantine("sweep"),
                clock,
                grace=timedelta(seconds=limits.chat_grace_seconds),
                preferred=timedelta(seconds=limits.preferred_listener_seconds),
            ),
            states=states,
            escalations=Escalations(
                contacts,
                lines,
                states,
                placements,
                effects,
                quarantine("escalations"),
                clock,
            ),
            outcomes=Outcomes(router, contacts, helpline, quarantine("offer_outcomes"), clock),
            reconciler=Reconciler(
                router, contacts, store, presence, placements, lock, quarantine("reconciler"), clock
            ),
            reconciler_lock=lock,
            sealer=Sealer(database, vault),
            effects=effects,
            clock=clock,
            voice=intake.voice(settings, telephony, presence, quarantine, public_url),
        )


async def _telephony(
    stack: AsyncExitStack, settings: Settings, helpline: Helpline, public_url: str
) -> TwilioTelephony | None:
    if not settings.twilio_account_sid:
        log.warning("telephony_absent")
        return None
    settings.require("twilio_auth_tokens", "twilio_api_key_sid", "twilio_api_key_secret")
    assert settings.twilio_api_key_secret is not None
    transport = await stack.enter_async_context(
        twilio_transport(settings.twilio_api_base_url, seconds=settings.twilio_seconds)
    )
    account = TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_tokens[0].get_secret_value(),
        api_key_sid=settings.twilio_api_key_sid,
        api_key_secret=settings.twilio_api_key_secret.get_secret_value(),
        number=settings.twilio_number or helpline.line.number,
        public_base_url=public_url,
    )
    return TwilioTelephony(account, transport, CallRate(settings.twilio_cps))
