"""The steps of a listener: here, still here, free again."""

from collections.abc import Sequence
from uuid import UUID

from routing.model import ListenerPresence, Load, Step
from routing.steps.base import Argument, PoolSteps


class PresenceSteps(PoolSteps):
    """Who is free. Presence belongs to the session and is committed in PostgreSQL first."""

    async def set_presence(self, presence: ListenerPresence) -> Step:
        """Enter a listener's presence as PostgreSQL has it.

        A newer session, or a state other than ready, takes back an offer that
        she has not accepted. DONE; STALE for an older version; ALREADY for
        the version known: the load is repaired and a lost lease given again,
        but a living one is not prolonged, so that a reconciler keeps nobody
        alive. `match_listener` her afterwards. Raises InvalidInput
        (`profile_unknown`), Unavailable.
        """
        return await self._set_presence(presence, is_exact=False)

    async def _set_presence(self, presence: ListenerPresence, *, is_exact: bool) -> Step:
        capacity = self._plan.capacity(presence.profile_id, presence.max_chats)
        return Step(
            await self._step(
                "presence",
                presence.listener_id,
                presence.session_id,
                presence.version,
                presence.profile_id,
                str(presence.state),
                capacity,
                presence.lease_ms,
                int(is_exact),
                *_flat(presence.load),
            )
        )

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
        """Start, or extend, her time for a write-up; the sweep reports its end."""
        return Step(await self._step("wrap_up", listener_id, contact_id, for_ms))

    async def load_of(self, listener_id: UUID) -> tuple[Load, ...]:
        """Return the open engagements the index counts against her. Raises Unavailable."""
        hash_ = await self._scripts.guarded(
            self._redis.hgetall(self._plan.key(f"listener:{listener_id}")), "load_of"
        )
        found = []
        for name, value in sorted(hash_.items()):
            if name.startswith("load:"):
                channel, engagement_id, _ = value.split(" ")
                engagement = None if engagement_id == "-" else UUID(engagement_id)
                found.append(Load(UUID(name.removeprefix("load:")), channel, engagement))
        return tuple(found)


def _flat(load: Sequence[Load | tuple[UUID, str]]) -> list[Argument]:
    words: list[Argument] = []
    for one in load:
        entry = one if isinstance(one, Load) else Load(*one)
        words += [entry.contact_id, str(entry.channel), entry.engagement_id or "-"]
    return words
