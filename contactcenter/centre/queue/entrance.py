"""The door: where somebody who comes in is to wait, or why nobody can take them. Pure.

Immediate danger passes every door: it is never refused, whatever is closed,
full or unstaffed, and never stops at pre-answering. Everybody else waits where
the rules send them, or where the rules send who comes while that is closed.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config.helpline.helpline import Helpline
from config.helpline.hours import Closed
from config.helpline.schema.lanes import DANGER_KEY
from config.vocabulary import (
    Audience,
    Channel,
    FollowUpKind,
    Level,
    QueueStateKind,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.queue.facts import NOTHING, Facts
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.states import Picture, QueueState
from records.contacts.snapshot import ContactSnapshot, Placement
from records.follow_ups import FollowUpWanted

_SHUT = frozenset({QueueStateKind.CLOSED, QueueStateKind.FULL})
_NOT_THERE = frozenset({QueueStateKind.CLOSED, QueueStateKind.UNSTAFFED})


@dataclass(frozen=True, slots=True)
class Coming:
    """Who comes in, and what is known of them at the door.

    `queue` and `urgency` are those of the key pressed or of the entry rule;
    `answered` are the factors they said yes to, `facts` what we noticed.
    """

    channel: Channel
    line: str
    language: str
    audience: Audience
    queue: str
    urgency: Urgency
    source: UrgencySource = UrgencySource.SYSTEM
    needs: tuple[str, ...] = ()
    answered: frozenset[str] = frozenset()
    facts: Facts = NOTHING


@dataclass(frozen=True, slots=True)
class Entry:
    """Where they are placed; `refused` says why they are not queued there."""

    placement: Placement
    refused: QueueState | None = None


@dataclass(frozen=True, slots=True)
class Entrance:
    """The helpline's rules at the door."""

    placements: Placements

    @property
    def helpline(self) -> Helpline:
        """Return the rules."""
        return self.placements.helpline

    def by_key(self, line: str, digit: str, language: str, facts: Facts = NOTHING) -> Coming:
        """Return who pressed a key of a line's menu; none, or one without a meaning, is `unknown`."""
        key = self.helpline.menu_of(line).get(digit)
        if key is None:
            return self.by_rule(Channel.CALL, line, language, Audience.UNKNOWN, facts=facts)
        # Only danger is declared by a key; the others say who calls, and the rule the urgency.
        declared = key.urgency is Urgency.U1
        return Coming(
            channel=Channel.CALL,
            line=line,
            language=key.language or language,
            audience=key.audience,
            queue=key.queue,
            urgency=key.urgency,
            source=UrgencySource.DECLARED if declared else UrgencySource.SYSTEM,
            facts=facts,
        )

    def by_rule(
        self,
        channel: Channel,
        line: str,
        language: str,
        audience: Audience,
        *,
        answered: Collection[str] = (),
        needs: Collection[str] = (),
        facts: Facts = NOTHING,
    ) -> Coming:
        """Return who comes in without a key; who says nothing is ranked as a minor."""
        rule = self.helpline.entry_rule(channel, audience, line)
        return Coming(
            channel=channel,
            line=line,
            language=language,
            audience=audience,
            queue=rule.queue,
            urgency=rule.urgency,
            needs=tuple(needs),
            answered=frozenset(answered),
            facts=facts,
        )

    def let_in(self, coming: Coming, picture: Picture, now: datetime) -> Entry:
        """Return where they are to wait, and whether they are turned away instead."""
        coming = self._rated(coming)
        if coming.urgency is Urgency.U1:
            return Entry(self._at(replace(coming, queue=self.danger_queue(coming.line)), now))
        if coming.facts.is_returning:
            coming = replace(coming, queue=self._returning_queue(coming))
        queue = self._answering(coming, picture, now)
        state = picture.of(queue, coming.channel, now)
        home = None if queue == coming.queue else coming.queue
        if state.kind in _SHUT:
            # Told of the queue they were meant for: that is the one they would come back to.
            if home is not None:
                state = picture.of(home, coming.channel, now)
            return Entry(self._at(coming, now), refused=state)
        coming = replace(coming, queue=queue)
        if home is None and (first := self._pre_answering(coming, picture, now)):
            return Entry(self._at(replace(coming, queue=first), now))
        return Entry(self._at(coming, now, home_queue=home))

    def answering(self, coming: Coming, picture: Picture, now: datetime) -> QueueState:
        """Return the state that who comes in so would meet: of the queue that answers for theirs."""
        return picture.of(self._answering(coming, picture, now), coming.channel, now)

    def danger_queue(self, line: str) -> str:
        """Return the queue of a line's danger key: whoever is free serves it."""
        return self.helpline.menu_of(line)[DANGER_KEY].queue

    def in_danger(self, contact: ContactSnapshot) -> Placement:
        """Return the place of a contact that declares danger: U1, among who answers at once."""
        return self.placements.moved(
            contact,
            self.danger_queue(contact.line_id),
            urgency=Urgency.U1,
            source=UrgencySource.DECLARED,
        )

    def is_for_some(self, contact: ContactSnapshot) -> bool:
        """Tell whether a contact waits where not every listener answers."""
        known = {each.id: each for each in self.helpline.queues}
        rule = known.get(contact.queue or "")
        return rule is None or rule.level is not Level.LISTENING or bool(rule.requires)

    def task_of(self, contact: ContactSnapshot, now: datetime) -> FollowUpWanted | None:
        """Return the task that its own queue gets about a contact another one took in.

        Due when that queue opens again, if it is closed by its hours.
        """
        known = {each.id: each for each in self.helpline.queues}
        home = known.get(contact.home_queue or "")
        if home is None or home.when_closed is None or not home.when_closed.follow_up:
            return None
        opening = self.helpline.opening(Channel(contact.channel), home.id, now)
        due_at = opening.reopens_at if isinstance(opening, Closed) else None
        return FollowUpWanted(FollowUpKind.SPECIALIST, home.id, due_at, "taken_in")

    def _rated(self, coming: Coming) -> Coming:
        """Return them with the most severe of the rule's urgency and the factors' floors."""
        urgency, source = coming.urgency, coming.source
        floors = self.helpline.urgency
        for factors, said_by in (
            (coming.facts.factors, UrgencySource.SYSTEM),
            (coming.answered, UrgencySource.DECLARED),
        ):
            floor = floors.floor(factors)
            if floor is not None and floor < urgency:
                urgency, source = floor, said_by
        return replace(coming, urgency=urgency, source=source)

    def _returning_queue(self, coming: Coming) -> str:
        queue = self.helpline.returning_queue
        if queue is None or coming.channel not in self.helpline.queue(queue).channels:
            return coming.queue
        return queue

    def _answering(self, coming: Coming, picture: Picture, now: datetime) -> str:
        """Return the queue that answers for theirs: their own, or who takes in while it is closed.

        A queue without specialists present hands over like a closed one, but
        keeps who comes when nobody else is open either.
        """
        queue = coming.queue
        # As long as the list of queues at the most: check-config refuses loops.
        for _ in self.helpline.queues:
            rule = self.helpline.queue(queue)
            state = picture.of(queue, coming.channel, now)
            if rule.when_closed is None or state.kind not in _NOT_THERE:
                break
            queue = rule.when_closed.queue
        theirs = picture.of(coming.queue, coming.channel, now)
        if theirs.kind not in _SHUT and picture.of(queue, coming.channel, now).kind in _SHUT:
            return coming.queue
        return queue

    def _pre_answering(self, coming: Coming, picture: Picture, now: datetime) -> str | None:
        """Return where they are answered first; None at night, with nobody there, or come back."""
        queue = self.helpline.pre_answers(coming.channel, now)
        if queue is None or queue == coming.queue or coming.facts.is_returning:
            return None
        if not frozenset(coming.needs).issubset(self.helpline.queue(queue).needs):
            return None
        lane = self.helpline.lane_for(queue, coming.channel, coming.language, coming.needs)
        is_open = picture.of(queue, coming.channel, now).kind is QueueStateKind.OPEN
        return queue if is_open and picture.has_first_choice(lane) else None

    def _at(self, coming: Coming, now: datetime, *, home_queue: str | None = None) -> Placement:
        limits, facts = self.helpline.limits, coming.facts
        placement = self.placements.at(
            coming.queue,
            coming.audience,
            coming.urgency,
            coming.source,
            factors=coming.answered | facts.factors,
            needs=coming.needs,
            home_queue=home_queue,
        )
        head_start_ms = self.helpline.urgency.returned_head_start_ms if facts.is_returning else 0
        until = now + timedelta(seconds=limits.preferred_listener_seconds)
        first_asked = facts.preferred if placement.level is Level.LISTENING else None
        return replace(
            placement,
            returned_ms=head_start_ms,
            preferred_listener_id=first_asked,
            preferred_until=None if first_asked is None else until,
        )
