"""The steps of a listener: here, still here, free again."""

from collections.abc import Sequence
from uuid import UUID

from config.errors import InvalidInput, Unavailable
from config.vocabulary import Channel
from routing.model import ListenerPresence, Load, Step
from routing.steps.base import Argument, PoolSteps

UNREGISTERED = -1
REGISTRATIONS = 5
MAX_LEASE_MS = 10**13  # about three centuries: exact in a score
MAX_CHATS = 50
CHANNELS = frozenset(channel.value for channel in Channel)


class PresenceSteps(PoolSteps):
    """Who is free. Presence belongs to the session and is committed in PostgreSQL first."""

    async def set_presence(self, presence: ListenerPresence) -> Step:
        """Enter a listener's presence as PostgreSQL has it.

        A newer session, or a state other than ready, takes back an offer that
        she has not accepted. DONE; STALE for an older version; ALREADY for
        the version known: the load is repaired and a lost lease given again,
        but a living one is not prolonged, so that a reconciler keeps nobody
        alive. `match_listener` her afterwards. Raises InvalidInput
        (`profile_unknown`, `channel_unknown`, `presence_invalid`), Unavailable.
        """
        check_presence(presence)
        profile = presence.profile_id
        capacity = self._plan.capacity(profile, presence.max_chats, presence.chats_beside_call)
        stamp, lanes = self._plan.registration(profile)
        words: list[Argument] = [
            presence.listener_id,
            presence.session_id,
            presence.version,
            profile,
            stamp,
            str(presence.state),
            capacity,
            presence.lease_ms,
            *_flat(presence.load),
        ]
        for _ in range(REGISTRATIONS):
            code = await self._step("presence", *words)
            if code != UNREGISTERED:
                return Step(code)
            await self._step("register", profile, stamp, lanes)
        # Nodes of two configurations undo each other's lanes: the next round gets through.
        raise Unavailable("the profile's lanes keep changing", code="index_unavailable")

    async def heartbeat(self, listener_id: UUID, session_id: UUID) -> bool:
        """Renew the lease of her session; False when it is lost, or another session has it.

        After False: read PostgreSQL, and enter her presence again when this
        session still holds it. Raises Unavailable.
        """
        return bool(await self._step("heartbeat", listener_id, session_id) == Step.DONE)

    async def finish(
        self, listener_id: UUID, contact_id: UUID, engagement_id: UUID | None = None
    ) -> Step:
        """Take an ended engagement off her load; `match_listener` her afterwards.

        With `engagement_id` a late call cannot touch a later engagement with
        the same contact. DONE, ALREADY, STALE, UNKNOWN. Raises Unavailable.
        """
        return Step(await self._step("finish", listener_id, contact_id, engagement_id or "-"))

    async def wrap_up(self, listener_id: UUID, contact_id: UUID, for_ms: int) -> Step:
        """Start, or extend, her time for a write-up; the sweep reports its end.

        DONE, UNKNOWN (no such listener). Raises Unavailable.
        """
        return Step(await self._step("wrap_up", listener_id, contact_id, for_ms))

    async def load_of(self, listener_id: UUID) -> tuple[Load, ...]:
        """Return the open engagements the index counts against her. Raises Unavailable."""
        hash_ = await self._scripts.guarded(
            self._redis.hgetall(self._plan.key(f"load:{listener_id}")), "load_of"
        )
        return tuple(load_from(contact, value) for contact, value in sorted(hash_.items()))


def load_from(contact_id: str, value: str) -> Load:
    """Return an open engagement as the index keeps it: "channel engagement at", and what follows."""
    channel, engagement_id, *_ = value.split(" ")
    engagement = None if engagement_id == "-" else UUID(engagement_id)
    return Load(UUID(contact_id), channel, engagement)


def check_presence(presence: ListenerPresence) -> None:
    """Raise InvalidInput for a presence the scripts cannot count with."""
    if not 0 <= presence.max_chats <= MAX_CHATS:
        raise InvalidInput("how many chats", code="presence_invalid", field="max_chats")
    if not 0 < presence.lease_ms <= MAX_LEASE_MS:
        raise InvalidInput("how long a lease", code="presence_invalid", field="lease_ms")
    if any(str(one[1]) not in CHANNELS for one in presence.load):
        raise InvalidInput("a channel nobody serves", code="channel_unknown", field="load")


def _flat(load: Sequence[Load | tuple[UUID, str]]) -> list[Argument]:
    words: list[Argument] = []
    for one in load:
        entry = one if isinstance(one, Load) else Load(*one)
        words += [entry.contact_id, str(entry.channel), entry.engagement_id or "-"]
    return words
