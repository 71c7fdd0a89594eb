"""Which service of the intake gets what: the chat's centre and the telephone's parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from config.clock import Clock
from config.helpline.helpline import Helpline
from config.settings import Settings
from contactcenter.centre.effects import Effects
from contactcenter.centre.quarantine import Quarantine
from contactcenter.centre.queue.entrance import Entrance
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.system_lines import SystemLines
from contactcenter.centre.visitors.conversations import Conversations
from contactcenter.centre.visitors.life import SignsOfLife
from contactcenter.centre.visitors.opening import ChatOpening
from contactcenter.centre.visitors.public import PublicState
from contactcenter.centre.visitors.waits import Waits
from contactcenter.centre.wakes import Wakes
from contactcenter.telephony.signature import WebhookSecrets, WebhookSignature
from contactcenter.telephony.twilio_adapter import TwilioTelephony
from contactcenter.voice.call_steps import CallSteps
from contactcenter.voice.callers import Callers
from contactcenter.voice.documents import Documents
from contactcenter.voice.proof import WebhookProof
from contactcenter.voice.routes import VoiceWebhooks
from contactcenter.voice.step_driver import StepDriver
from records.contacts.contacts import Contacts
from records.engagements.engagements import Engagements
from records.follow_ups import FollowUps
from records.messages.messages import Messages
from routing.router import Router


@dataclass(frozen=True, slots=True)
class Voice:
    """The telephone's parts; absent when no account is configured."""

    webhooks: VoiceWebhooks
    proof: WebhookProof
    callers: Callers
    driver: StepDriver
    waits: Waits


@dataclass(frozen=True, slots=True)
class Intake:
    """What both ways in share."""

    contacts: Contacts
    engagements: Engagements
    follow_ups: FollowUps
    effects: Effects
    placements: Placements
    states: QueueStates
    router: Router
    clock: Clock

    @property
    def entrance(self) -> Entrance:
        """Return the rules of the door."""
        return Entrance(self.placements)

    @property
    def helpline(self) -> Helpline:
        """Return the rules."""
        return self.placements.helpline

    def conversations(
        self, messages: Messages, lines: SystemLines, wakes: Wakes, life: SignsOfLife
    ) -> Conversations:
        """Return the chat's centre."""
        opening = ChatOpening(
            self.contacts,
            messages,
            self.follow_ups,
            self.effects,
            self.entrance,
            self.states,
            self.clock,
        )
        return Conversations(
            opening,
            self.contacts,
            messages,
            self.effects,
            lines,
            wakes,
            life,
            self.router,
            PublicState(self.entrance, self.states, self.clock),
            self.clock,
        )

    def voice(
        self,
        settings: Settings,
        telephony: TwilioTelephony | None,
        presence: Presence,
        quarantine: Callable[[str], Quarantine],
        public_url: str,
    ) -> Voice | None:
        """Return the telephone's parts; None without an account."""
        if telephony is None:
            return None
        limits = self.helpline.limits
        callers = Callers(
            self.contacts,
            self.engagements,
            self.follow_ups,
            self.effects,
            self.entrance,
            self.states,
            telephony,
            presence,
            quarantine("orphan_calls"),
            self.clock,
        )
        steps = CallSteps(
            self.contacts,
            self.engagements,
            telephony,
            presence,
            self.effects,
            self.clock,
            ring=timedelta(seconds=limits.listener_ring_seconds),
            joining=timedelta(seconds=limits.caller_join_seconds),
        )
        driver = StepDriver(steps, self.engagements, quarantine("call_steps"), self.clock)
        waits = Waits(
            self.contacts,
            self.router,
            self.states,
            self.helpline,
            quarantine("waiting_callers"),
            self.clock,
        )
        secrets = WebhookSecrets.of(settings)
        webhooks = VoiceWebhooks(
            callers=callers,
            steps=steps,
            contacts=self.contacts,
            engagements=self.engagements,
            signature=WebhookSignature(public_url, secrets),
            account_sid=settings.twilio_account_sid,
            documents=Documents(self.helpline, self.states, waits),
            helpline=self.helpline,
            clock=self.clock,
        )
        proof = WebhookProof(public_url, settings.twilio_account_sid, secrets)
        return Voice(webhooks, proof, callers, driver, waits)
