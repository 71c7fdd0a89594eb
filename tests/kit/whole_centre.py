"""The real centre in this process, over real engines, with listeners to act in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from config.clock import SystemClock
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from config.vocabulary import PresenceState, Role
from contactcenter.auth.principal import Principal
from contactcenter.engines_in_use import EnginesInUse, engines_in_use
from contactcenter.wiring import Centre, centre
from records.actor import SYSTEM
from records.staff import Sessions, Staff
from tests.kit.settings import settings_for


@dataclass
class WholeCentre:
    """Everything the composition root makes, and what a test needs to look inside."""

    centre: Centre
    engines: EnginesInUse
    helpline: Helpline

    async def listener(self, login: str = "ines", role: Role = Role.LISTENER) -> Principal:
        """Open an account and a session, and return who it is."""
        now = SystemClock().now()
        database, vault = self.engines.database, self.engines.vault
        profile = self.helpline.profiles[0].id
        account = await Staff(database, vault).create(
            SYSTEM,
            login=login,
            display_name=login.title(),
            role=role,
            password_hash=None,
            totp_secret=None,
            line_ids={self.helpline.line.id},
            profile_id=profile,
            max_chats=self.helpline.limits.max_chats,
            now=now,
        )
        session = await Sessions(database, vault).create(
            account.staff_id, uuid4().bytes + uuid4().bytes, now, now + timedelta(hours=1)
        )
        return Principal(
            staff_id=account.staff_id,
            session_id=session.session_id,
            role=role,
            display_name=account.display_name,
            line_ids=account.line_ids,
            profile_id=profile,
            max_chats=account.max_chats,
        )

    async def ready(self, login: str = "ines") -> Principal:
        """Return a listener who is ready, her desk connected."""
        principal = await self.listener(login)
        await self.centre.staff.presence.declare(principal, PresenceState.READY)
        return principal

    async def take(self, principal: Principal) -> UUID:
        """Accept the offer on her desk and return the contact."""
        offer = await self.centre.staff.offers.current(principal)
        assert offer is not None, "nothing is offered to her"
        return await self.centre.staff.offers.accept(principal, offer.offer_id)


@asynccontextmanager
async def whole_centre(
    database_url: str, redis_url: str, data_dir: Path
) -> AsyncIterator[WholeCentre]:
    """Make the centre without ports, loops or telephony: a test drives each round itself."""
    settings = settings_for(database_url, redis_url, data_dir)
    helpline = load_helpline(PACKAGED_HELPLINES / "dlpm")
    clock = SystemClock()
    async with (
        engines_in_use(settings, helpline, clock) as engines,
        centre(settings, helpline, engines, clock, "http://127.0.0.1") as made,
    ):
        epoch = await engines.router.begin_rebuild()
        await engines.router.end_rebuild(epoch)
        yield WholeCentre(made, engines, helpline)
