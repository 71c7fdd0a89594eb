"""The real centre in this process, over real engines, with listeners to act in it."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from config.clock import SystemClock
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.ids import new_id, new_token
from config.settings import PACKAGED_HELPLINES, load_settings
from config.vocabulary import Audience, PresenceState, Role, Urgency, UrgencySource
from contactcenter.centre.quarantine import Quarantine
from contactcenter.centre.queue.placement import Placements
from contactcenter.engines_in_use import EnginesInUse, engines_in_use
from contactcenter.wiring import Centre, centre
from records.actor import SYSTEM, Principal
from records.contacts.contacts import Contacts
from records.set_aside import SetAside
from records.staff import Sessions, SignedIn, Staff
from tests.kit.settings import environment


@dataclass
class WholeCentre:
    """Everything the composition root makes, and what a test needs to look inside."""

    centre: Centre
    engines: EnginesInUse
    helpline: Helpline
    tokens: dict[UUID, str] = field(default_factory=dict)  # of the sessions opened here

    def quarantine(self, loop: str) -> Quarantine:
        """Return what keeps the failing items of a loop from the others."""
        return Quarantine(SetAside(self.engines.database), self.centre.clock, loop)

    async def listener(
        self,
        login: str = "ines",
        role: Role = Role.LISTENER,
        *,
        team: str = "ecoute",
        skills: tuple[str, ...] = ("minors",),
        line_ids: frozenset[str] | None = None,
    ) -> Principal:
        """Open an account and a session, and return who it is."""
        now = SystemClock().now()
        database, vault = self.engines.database, self.engines.vault
        account = await Staff(database, vault).create(
            SYSTEM,
            login=login,
            display_name=login.title(),
            role=role,
            password_hash=None,
            totp_secret=None,
            line_ids={line.id for line in self.helpline.lines} if line_ids is None else line_ids,
            profile_id=team,
            skills=skills,
            max_chats=self.helpline.limits.max_chats,
            now=now,
        )
        session = await self._sign_in(account.staff_id)
        return Principal(
            staff_id=account.staff_id,
            session_id=session.session_id,
            role=role,
            display_name=account.display_name,
            line_ids=account.line_ids,
            profile_id=team,
            max_chats=account.max_chats,
            skills=account.skills,
        )

    async def second_session(self, principal: Principal) -> Principal:
        """Return the same person signed in a second time."""
        session = await self._sign_in(principal.staff_id)
        return replace(principal, session_id=session.session_id)

    async def _sign_in(self, staff_id: UUID) -> SignedIn:
        now, token = SystemClock().now(), new_token()
        session = await Sessions(self.engines.database, self.engines.vault).create(
            staff_id, hashlib.sha256(token.encode()).digest(), now, now + timedelta(hours=1)
        )
        self.tokens[session.session_id] = token
        return session

    async def chat(
        self,
        queue: str = "parent_proche",
        urgency: Urgency = Urgency.U3,
        *,
        line: str = "",
        needs: tuple[str, ...] = (),
        source: UrgencySource = UrgencySource.SYSTEM,
    ) -> UUID:
        """Let somebody write to a queue: stored, waiting, and offered if anybody is free."""
        placement = Placements(self.helpline).at(
            queue, Audience.RELATIVE, urgency, source, needs=needs
        )
        change = await Contacts(self.engines.database, self.engines.vault).take_in_chat(
            new_id(),
            line or self.helpline.line.id,
            uuid4().bytes + uuid4().bytes,
            "fr",
            None,
            placement,
            self.helpline.config_version,
            SystemClock().now(),
        )
        await self.centre.effects.follow(change)
        return change.after.contact_id

    async def ready(
        self,
        login: str = "ines",
        role: Role = Role.LISTENER,
        *,
        team: str = "ecoute",
        skills: tuple[str, ...] = ("minors",),
    ) -> Principal:
        """Return a listener who is ready, her desk connected."""
        principal = await self.listener(login, role, team=team, skills=skills)
        await self.centre.staff.presence.declare(principal, PresenceState.READY)
        return principal

    async def take(self, principal: Principal) -> UUID:
        """Accept the offer on her desk and return the contact."""
        offer = await self.centre.staff.offers.current(principal)
        assert offer is not None, "nothing is offered to her"
        return await self.centre.staff.offers.accept(principal, offer.offer_id)


@asynccontextmanager
async def whole_centre(
    database_url: str,
    redis_url: str,
    data_dir: Path,
    *,
    rules: Path = PACKAGED_HELPLINES / "dlpm",
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[WholeCentre]:
    """Make the centre without ports or loops: a test drives each round itself.

    `rules` is the helpline's folder. Without `more` settings there is no telephony.
    """
    given = environment(database_url=database_url, redis_url=redis_url, data_dir=data_dir)
    settings = load_settings(given | dict(more or {}))
    helpline = load_helpline(rules)
    clock = SystemClock()
    async with (
        engines_in_use(settings, helpline, clock) as engines,
        centre(settings, helpline, engines, clock, "http://127.0.0.1") as made,
    ):
        epoch = await engines.router.begin_rebuild()
        await engines.router.end_rebuild(epoch)
        yield WholeCentre(made, engines, helpline)
