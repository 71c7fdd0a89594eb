"""What must not be overlooked: banners for every desk, and those for whoever supervises."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from config.clock import from_milliseconds, milliseconds
from config.helpline.helpline import Helpline
from contactcenter.centre.supervision_views import Alert, Severity
from records.contacts.alarms import Alarm, Alarms
from records.set_aside import SetAside
from records.supervision import Floor
from routing.model import Overview


class Alerts:
    """Reads alerts from counters and from small, bounded indexes."""

    def __init__(
        self, alarms: Alarms, floor: Floor, set_aside: SetAside, helpline: Helpline
    ) -> None:
        """Look after every line of the pool."""
        self._alarms = alarms
        self._floor = floor
        self._set_aside = set_aside
        self._helpline = helpline
        self._lines = [line.id for line in helpline.lines]
        self._telling = sum(
            1 << step
            for step, rule in enumerate(helpline.urgency.escalation)
            if rule.alert_coordinator
        )

    async def for_everybody(self, overview: Overview, now: datetime) -> list[Alert]:
        """Return the banners of every desk: danger waits, nobody is there, everybody refused."""
        alerts = [
            _about("u1_waiting", "critical", line, each)
            for line in self._lines
            for each in await self._alarms.immediate_danger_waiting(line)
        ]
        waiting = [each for each in overview.lanes.values() if each.waiting]
        if waiting and not any(overview.present.values()):
            oldest = min(
                (each.oldest_since_ms for each in waiting if each.oldest_since_ms),
                default=milliseconds(now),
            )
            alerts.append(
                Alert(code="nobody_signed_in", severity="critical", since=from_milliseconds(oldest))
            )
        alerts += [
            _about("round_exhausted", "warning", line, each)
            for line in self._lines
            for each in await self._alarms.offered_in_vain(line)
        ]
        return alerts

    async def for_supervision(self, now: datetime) -> list[Alert]:
        """Return what only whoever supervises is told.

        Whom the service itself cannot serve, steps that ask for her, and who
        needs relief.

        Hard contacts in a row are about a listener's rest; nothing counts them
        against her.
        """
        hard = self._helpline.limits.hard_contacts_in_a_row
        alerts = [
            _about("escalated", "warning", line, each)
            for line in self._lines
            for each in await self._floor.escalated(line, self._telling)
        ]
        alerts += [
            Alert(
                code="hard_contacts",
                severity="warning",
                line=line,
                listener_id=each.staff_id,
                listener_name=each.display_name,
                since=each.since,
            )
            for line in self._lines
            for each in await self._floor.in_need_of_relief([line], hard)
        ]
        return alerts + [
            Alert(
                code="set_aside" if each.contact_id else "listener_set_aside",
                severity="critical" if each.contact_id else "warning",
                line=line,
                contact_id=each.contact_id,
                listener_id=each.listener_id,
                listener_name=each.listener_name,
                since=each.since,
            )
            for line in self._lines
            for each in await self._set_aside.of_line(line, now)
        ]


def of_lines(alerts: Iterable[Alert], line_ids: Collection[str]) -> list[Alert]:
    """Return those of some lines, each once: a colleague may work for several."""
    kept: dict[tuple[str, UUID | None, UUID | None], Alert] = {}
    for each in alerts:
        if each.line is None or each.line in line_ids:
            kept.setdefault((each.code, each.contact_id, each.listener_id), each)
    return list(kept.values())


def _about(code: str, severity: Severity, line: str, alarm: Alarm) -> Alert:
    return Alert(
        code=code, severity=severity, line=line, contact_id=alarm.contact_id, since=alarm.since
    )
