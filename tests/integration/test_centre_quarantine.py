"""A contact that cannot be served keeps nobody else waiting, and coordinators are told of it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from config.clock import ManualClock
from config.vocabulary import ContactState, Role
from contactcenter.centre.supervision_views import Alert
from contactcenter.centre.visitors.life import SignsOfLife
from records.contacts.contacts import Contacts
from tests.kit.engines import DatabaseAddresses
from tests.kit.poison import poisoned
from tests.kit.whole_centre import WholeCentre, whole_centre

ROUNDS = 5


@pytest.fixture
async def whole(
    database: DatabaseAddresses, redis_url: str, tmp_path: Path
) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database.runtime, redis_url, tmp_path) as made:
        yield made


async def lost(whole: WholeCentre, login: str) -> UUID:
    """Let a listener take a chat and sign out, so that it is to go back."""
    she = await whole.ready(login)
    await whole.chat()
    contact_id = await whole.take(she)
    await whole.centre.staff.presence.leave(she)
    return contact_id


async def states(whole: WholeCentre, *contact_ids: UUID) -> list[ContactState]:
    contacts = Contacts(whole.engines.database, whole.engines.vault)
    return [(await contacts.get(each)).state for each in contact_ids]


async def told(whole: WholeCentre) -> list[Alert]:
    coordinator = await whole.listener("colette", Role.COORDINATOR)
    view = await whole.centre.staff.supervision.view(coordinator)
    return [alert for alert in view.alerts if alert.code == "set_aside"]


async def test_a_chat_that_cannot_be_given_back_keeps_no_other_and_is_set_aside_with_an_alert(
    whole: WholeCentre, database: DatabaseAddresses
) -> None:
    stuck, other = await lost(whole, "ines"), await lost(whole, "malik")
    async with poisoned(database, "engagement", f"NEW.contact_id = '{stuck}'"):
        for _ in range(ROUNDS):
            await whole.centre.sweep.return_orphans()
        assert await states(whole, stuck, other) == [ContactState.ACTIVE, ContactState.WAITING]
        alerts = await told(whole)
        assert [(alert.contact_id, alert.severity) for alert in alerts] == [(stuck, "critical")]
        assert alerts[0].line == whole.helpline.line.id


async def test_a_visitor_who_cannot_be_given_up_keeps_no_other_in_the_queue(
    whole: WholeCentre, database: DatabaseAddresses
) -> None:
    stuck, other = await whole.chat(), await whole.chat()
    clock = ManualClock(whole.centre.clock.now())
    life = SignsOfLife(
        Contacts(whole.engines.database, whole.engines.vault),
        whole.engines.router,
        whole.centre.effects,
        whole.quarantine("absent_visitors"),
        clock,
        silent=timedelta(seconds=15),
        away=timedelta(seconds=120),
    )
    clock.advance(timedelta(hours=1))
    async with poisoned(database, "contact", f"NEW.contact_id = '{stuck}'"):
        await life.look_for_absent()
        assert await states(whole, stuck, other) == [ContactState.WAITING, ContactState.CLOSED]
    await life.look_for_absent()
    assert await states(whole, stuck) == [ContactState.CLOSED]
