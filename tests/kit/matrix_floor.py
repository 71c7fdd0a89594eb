"""The people and the objects of the matrix: somebody of each role, and what is whose."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from config.clock import SystemClock
from config.ids import new_id
from config.vocabulary import FollowUpKind, PresenceState, Role, Urgency
from records.actor import Principal
from records.cases.reference import new_reference
from records.contacts.contacts import Contacts
from records.follow_ups import FollowUps, FollowUpWanted
from tests.kit.engines import DatabaseAddresses
from tests.kit.index_copy import copied
from tests.kit.matrix_table import Whose
from tests.kit.site import helpline_with
from tests.kit.telephony import ACCOUNT_SID, API_KEY_SECRET, API_KEY_SID, AUTH_TOKEN, NUMBER
from tests.kit.whole_api import WholeApi, whole_api
from tests.kit.whole_centre import WholeCentre, whole_centre

HOME, FOREIGN_LINE = "dlpm", "snated"
HOME_LINES = frozenset({HOME})
# Who has contacts, cases and follow-ups of their own.
OWNERS = (Role.LISTENER, Role.COORDINATOR, Role.SUPERVISOR)
OF_NO_LINE = frozenset({"form_id", "form_version"})  # forms are everybody's
HOUR = 3600
TELEPHONY = {
    "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "TWILIO_AUTH_TOKENS": AUTH_TOKEN,
    "TWILIO_API_KEY_SID": API_KEY_SID,
    "TWILIO_API_KEY_SECRET": API_KEY_SECRET,
    "TWILIO_NUMBER": NUMBER,
}

# By kind, as the routes name it.
Objects = Mapping[str, str]


@dataclass(frozen=True)
class Cast:
    """Of one role: who asks, a colleague, and somebody who works for another line only."""

    asker: Principal
    colleague: Principal
    stranger: Principal


@dataclass(frozen=True)
class Held:
    """The content of every table and every key of the index, each told from another content.

    But for what a refusal leaves on purpose: its row in the trail, counted apart, a
    ticket that is spent, a sign of life.
    """

    content: Mapping[str, Any]
    refusals: int

    def differs_in(self, other: "Held") -> list[str]:
        """Return the names of what is not as it was."""
        names = self.content.keys() | other.content.keys()
        return sorted(name for name in names if self.content.get(name) != other.content.get(name))


@dataclass
class MatrixFloor:
    """A served centre with somebody of each role, and everybody's objects."""

    api: WholeApi
    database: DatabaseAddresses
    redis_url: str
    casts: dict[Role, Cast]
    lineless: Principal
    belongings: dict[UUID, Objects]
    waiting: dict[Role, Objects]
    foreign: Objects
    absent: Objects

    def objects(self, role: Role, whose: Whose, *, stranger: bool = False) -> Objects | None:
        """Return the objects that somebody of a role asks about; None where there are none.

        To a stranger everything of the asker's is foreign. Who owns nothing asks about a
        listener's.
        """
        cast = self.casts[role]
        asked = self.belongings.get(cast.asker.staff_id)
        at_listeners = self.belongings[self.casts[Role.LISTENER].asker.staff_id]
        by_whose: dict[Whose, Objects | None] = {
            Whose.OWN: asked,
            Whose.COLLEAGUES: self.belongings.get(cast.colleague.staff_id, at_listeners),
            Whose.WAITING: self.waiting[role],
            Whose.FOREIGN: self.foreign,
            Whose.ABSENT: self.absent,
        }
        if stranger:
            by_whose = {Whose.FOREIGN: _of_a_line(asked or at_listeners), Whose.ABSENT: self.absent}
        return by_whose.get(whose)

    async def held(self) -> Held:
        """Return what every table and the index hold."""
        connection = await asyncpg.connect(self.database.admin, timeout=10)
        try:
            tables = {
                table: await connection.fetchval(_CONTENT.format(table=table))
                for (table,) in await connection.fetch(_TABLES)
            }
            refusals = await connection.fetchval(_REFUSALS)
        finally:
            await connection.close(timeout=10)
        # The clock of the index goes on, whoever asks.
        index = {
            f"index: {key!r}": kept
            for key, (_, kept) in (await copied(self.redis_url)).keys.items()
            if not key.endswith(b":meta")
        }
        return Held(tables | index, refusals)


_TABLES = """
SELECT tablename FROM pg_tables
 WHERE schemaname = 'public' AND tablename NOT IN ('live_ticket', 'audit_unsealed')
"""
_CONTENT = """
SELECT md5(string_agg(held::text, ',' ORDER BY held::text))
  FROM (SELECT to_jsonb({table}) - 'last_seen_at' AS held FROM {table}) AS every
 WHERE held ->> 'action' IS DISTINCT FROM 'access_refused'
"""
_REFUSALS = "SELECT count(*) FROM audit WHERE action = 'access_refused'"


@asynccontextmanager
async def matrix_floor(
    database: DatabaseAddresses, redis_url: str, folder: Path
) -> AsyncIterator[MatrixFloor]:
    """Serve a centre where nothing runs out while a slow machine asks."""
    long = {"offer_seconds": HOUR, "lease_seconds": HOUR, "round_seconds": 2 * HOUR}
    rules = helpline_with(folder, **long)
    async with (
        whole_centre(database.runtime, redis_url, folder, rules=rules, more=TELEPHONY) as whole,
        whole_api(whole) as api,
    ):
        casts = {role: await _cast(whole, role) for role in Role}
        owners = [each for role in OWNERS for each in (casts[role].asker, casts[role].colleague)]
        everywhere = await whole.listener("everywhere")
        yield MatrixFloor(
            api,
            database,
            redis_url,
            casts,
            await whole.listener("lineless", Role.COORDINATOR, line_ids=frozenset()),
            {each.staff_id: await _belongings(whole, each, HOME) for each in owners},
            # Nobody here has the skill that this queue requires.
            {
                role: {"contact_id": str(await whole.chat("dlpm_specialiste", Urgency.U4))}
                for role in Role
            },
            await _foreign(whole, everywhere, casts[Role.LISTENER].stranger),
            _absent(),
        )


async def _cast(whole: WholeCentre, role: Role) -> Cast:
    return Cast(
        await whole.listener(f"{role}.asker", role, line_ids=HOME_LINES),
        await whole.listener(f"{role}.colleague", role, line_ids=HOME_LINES),
        await whole.listener(f"{role}.stranger", role, line_ids=frozenset({FOREIGN_LINE})),
    )


async def _belongings(whole: WholeCentre, owner: Principal, line: str) -> Objects:
    """Give somebody a chat, an offer, a case, a callback and a wish to talk."""
    await whole.centre.staff.presence.declare(owner, PresenceState.READY)
    contact_id = await whole.chat(urgency=Urgency.U4, line=line)
    assert await whole.take(owner) == contact_id
    await whole.chat(urgency=Urgency.U4, line=line)
    offer = await whole.centre.staff.offers.current(owner)
    assert offer is not None, "everybody else holds an offer"
    # Whatever her role lets her do: it is about what is hers, not about how it came to be.
    opener = replace(owner, role=Role.COORDINATOR, line_ids=frozenset({line}))
    case = await whole.centre.staff.cases.create(opener, label=None, department=None)
    callback = await _follow_up(whole, owner, FollowUpKind.CALLBACK, line)
    await whole.centre.staff.follow_ups.claim(opener, callback)
    return {
        "contact_id": str(contact_id),
        "offer_id": str(offer.offer_id),
        "case_id": str(case.case_id),
        "reference": case.reference,
        "follow_up_id": str(callback),
        "debrief": str(await _follow_up(whole, owner, FollowUpKind.DEBRIEF, line)),
        "listener_id": str(owner.staff_id),
        "queue": "parent_proche",
        "form_id": whole.engines.helpline.wrap_up_form.id,
        "form_version": str(whole.engines.helpline.wrap_up_form.version),
    }


async def _follow_up(whole: WholeCentre, owner: Principal, kind: FollowUpKind, line: str) -> UUID:
    """Let somebody leave a task about a call that nobody has taken."""
    database, vault = whole.engines.database, whole.engines.vault
    now, version = SystemClock().now(), whole.helpline.config_version
    call, _ = await Contacts(database, vault).take_in_call(
        new_id(), line, ACCOUNT_SID, f"CA{uuid4().hex}", "+33199000123", "fr", version, now, now
    )
    wanted = FollowUpWanted(kind, "urgence_coordination")
    made = await FollowUps(database, vault).create(call.contact_id, wanted, now, owner)
    return made.follow_up_id


async def _foreign(whole: WholeCentre, owner: Principal, stranger: Principal) -> Objects:
    """Return what belongs to another line, served by somebody who works for both."""
    objects = await _belongings(whole, owner, FOREIGN_LINE)
    return {
        **_of_a_line(objects),
        "listener_id": str(stranger.staff_id),
        "queue": "ecoute_119",
    }


def _of_a_line(objects: Objects) -> Objects:
    return {kind: each for kind, each in objects.items() if kind not in OF_NO_LINE}


def _absent() -> Objects:
    kinds = ("contact_id", "offer_id", "case_id", "follow_up_id", "debrief", "listener_id")
    return {
        **{kind: str(uuid4()) for kind in kinds},
        "reference": new_reference(),
        "queue": "nowhere",
        "form_id": "nowhere",
        "form_version": "999",
    }
