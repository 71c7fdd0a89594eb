"""What of the live picture each person is shown: her own lines, and what her role may see."""

from typing import TypeVar

from config.helpline.helpline import Helpline
from contactcenter.centre.live_events import QueuesChanged, SupervisionChanged
from contactcenter.centre.staff.alerts import of_lines
from contactcenter.centre.staff.queue_figures import figures_of_lines
from records.actor import Principal
from records.policy import Relation, Right, may

Picture = TypeVar("Picture", QueuesChanged, SupervisionChanged)


def may_supervise(principal: Principal) -> bool:
    """Tell whether she supervises any line."""
    subject = principal
    return any(may(subject, Right.SUPERVISE, Relation(line)) for line in principal.line_ids)


def seen_from(event: Picture, helpline: Helpline, principal: Principal) -> Picture:
    """Return the picture without what belongs to lines that she does not work for."""
    lines = principal.line_ids
    alerts = of_lines(event.alerts, lines)
    if alerts == event.alerts and {line.id for line in helpline.lines} <= lines:
        return event
    queues = figures_of_lines(helpline, event.queues, lines)
    return event.model_copy(update={"queues": queues, "alerts": alerts})
