"""What the state of somebody who comes in is called: one function for every page and telephone. Pure.

The chat's page (its server-rendered start, its scripts), the HTTP fallback and
the telephone all read `told`, so that none of them can say « somebody is
here » where another says that nobody is. What it says is true of what is
known: who is there and has not been heard of is neither « there » nor « not
there ». It returns names of texts; who shows them fills them in.
"""

from dataclasses import dataclass

from config.vocabulary import Channel, ContactState, Disposition, QueueStateKind, Urgency

# A shorter wait is not counted in minutes: « about 1 minute » is a promise.
_SOON_SECONDS = 60
_LEAST_SPOKEN_SECONDS = 61
_STAFFED = (QueueStateKind.OPEN, QueueStateKind.FULL)
# Whoever waits in a queue that nobody answers is told so, and what stays true meanwhile.
_NOT_ANSWERED = {QueueStateKind.UNSTAFFED: "unstaffed", QueueStateKind.CLOSED: "wait_closed"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of somebody: at the door (`state` None), waiting, talking, or done.

    `queue` is the state of the queue they wait in or would wait in, None when
    who is there is not known. `reopens`: a reopening is planned. `step` names
    the words of the latest escalation step, `wait_seconds` is an estimate.
    """

    channel: Channel
    state: ContactState | None = None
    queue: QueueStateKind | None = None
    reopens: bool = False
    urgency: Urgency | None = None
    position: int | None = None
    wait_seconds: int | None = None
    step: str | None = None
    disposition: Disposition | None = None
    was_full: bool = False  # turned away because of who waited already, not of the hours


def told(standing: Standing) -> tuple[str, ...]:
    """Return the names of the texts that say where somebody stands, without their channel.

    On a page they are shown together. On the telephone each but the last is
    said once, and the last again and again while the caller waits.
    """
    match standing.state:
        case None:
            return _at_the_door(standing)
        case ContactState.ARRIVING:
            return ("menu",) if standing.channel is Channel.CALL else ("hold",)
        case ContactState.WAITING:
            is_call = standing.channel is Channel.CALL
            return _waiting_call(standing) if is_call else _waiting_chat(standing)
        case ContactState.ACTIVE:
            # A caller hears it for themselves.
            return () if standing.channel is Channel.CALL else ("joined",)
        case _:
            return _over(standing)


def _at_the_door(standing: Standing) -> tuple[str, ...]:
    """Return the title of the start page, and the sentence under it, if any."""
    match standing.queue:
        case QueueStateKind.OPEN:
            return ("start_title",)
        case QueueStateKind.UNSTAFFED:
            return ("unstaffed_title", "unstaffed")
        case QueueStateKind.FULL:
            return ("full_title", "full")
        case QueueStateKind.CLOSED:
            return ("closed_title", "closed" if standing.reopens else "closed_unplanned")
        case _:
            return ("unstaffed_title",)


def _waiting_call(standing: Standing) -> tuple[str, ...]:
    is_staffed = standing.queue in _STAFFED
    if standing.urgency is Urgency.U1:
        # Nothing else comes before it: not that nobody is there, nor that all is closed.
        return ("danger", "wait" if is_staffed else "hold")
    if not is_staffed:
        # « Many are calling », or minutes, would be untrue where nobody is there to answer.
        return (*_not_answered(standing), "hold")
    if standing.step is not None:
        return (standing.step,)
    seconds = standing.wait_seconds
    return ("wait_minutes" if seconds and seconds >= _LEAST_SPOKEN_SECONDS else "wait",)


def _waiting_chat(standing: Standing) -> tuple[str, ...]:
    if standing.queue not in _STAFFED:
        return _not_answered(standing) or ("hold",)
    seconds, position = standing.wait_seconds, standing.position
    if seconds is None:
        wait = "wait"
    else:
        wait = "state_waiting_soon" if seconds < _SOON_SECONDS else "wait_minutes"
    if not position:
        return (wait,)
    return (wait, "state_next" if position == 1 else "position")


def _not_answered(standing: Standing) -> tuple[str, ...]:
    name = None if standing.queue is None else _NOT_ANSWERED.get(standing.queue)
    return () if name is None else (name,)


def _over(standing: Standing) -> tuple[str, ...]:
    if standing.channel is Channel.CHAT:
        return ("state_ended", "end")
    match standing.disposition:
        case Disposition.DETERRED:
            return ("full" if standing.was_full else "closed",)
        case Disposition.CALLBACK:
            return ("callback_agreed",)
        case _:
            return ("goodbye",)
