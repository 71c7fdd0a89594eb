"""Supervision: the live picture, and the acts of whoever answers for the floor."""

from uuid import UUID

from aiohttp import web

from config.errors import NotFound
from contactcenter.api.endpoints import (
    Endpoint,
    answer,
    no_content,
    path_id,
    read_body,
    read_query,
    services_of,
)
from contactcenter.api.supervision_schemas import (
    AssignBody,
    CloseStuckBody,
    ForceBody,
    LiftQuery,
    MoveBody,
    OverrideBody,
    ReasonBody,
)
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.supervision_views import (
    EVERY_QUEUE,
    OverrideView,
    SupervisionView,
)
from contactcenter.centre.views import ContactView, PresenceView
from records.policy import Right

_QUEUE_CHARS = 64


async def _view(request: web.Request) -> web.StreamResponse:
    return answer(await services_of(request).supervision.view(principal_of(request)))


async def _assign(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, AssignBody)
    view = await services_of(request).supervised.assign(
        principal_of(request), _contact(request), body.listener_id, body.reason
    )
    return answer(view)


async def _move(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, MoveBody)
    view = await services_of(request).supervised.move(
        principal_of(request), _contact(request), body.queue, body.reason
    )
    return answer(view)


async def _take(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, ReasonBody)
    view = await services_of(request).supervised.take(
        principal_of(request), _contact(request), body.reason
    )
    return answer(view)


async def _close(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, CloseStuckBody)
    view = await services_of(request).supervised.close(
        principal_of(request),
        _contact(request),
        body.disposition,
        body.non_content_code,
        body.reason,
    )
    return answer(view)


async def _force(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, ForceBody)
    listener_id = path_id(request, "listener_id")
    view = await services_of(request).supervision.force(
        principal_of(request), listener_id, body.state, body.reason
    )
    return answer(view)


async def _override(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, OverrideBody)
    view = await services_of(request).supervision.override(
        principal_of(request),
        _queue(request),
        channel=body.channel,
        closed=body.closed,
        message=body.message,
        until=body.until,
        reason=body.reason,
    )
    return answer(view)


async def _lift(request: web.Request) -> web.StreamResponse:
    query = read_query(request, LiftQuery)
    await services_of(request).supervision.lift(
        principal_of(request), _queue(request), query.channel, query.reason
    )
    return no_content()


def _contact(request: web.Request) -> UUID:
    return path_id(request, "contact_id")


def _queue(request: web.Request) -> str:
    queue = request.match_info["queue"]
    # What cannot be a queue names none, and may hold what no database text can (U+0000).
    if queue != EVERY_QUEUE and not (
        queue.isascii() and queue.replace("_", "").isalnum() and len(queue) <= _QUEUE_CHARS
    ):
        raise NotFound
    return queue


ENDPOINTS = (
    Endpoint(
        "GET",
        "/supervision",
        "supervision.read",
        "Every queue, listener and contact under way, with the figures of the window",
        needs(Right.SUPERVISE),
        _view,
        answer=SupervisionView,
    ),
    Endpoint(
        "POST",
        "/supervision/contacts/{contact_id}/assign",
        "supervision.assign",
        "Have a contact offered to one listener before anybody else",
        needs(Right.CONTACT_ASSIGN),
        _assign,
        body=AssignBody,
        answer=ContactView,
        problems=(
            "not_found",
            "listener_unknown",
            "listener_not_ready",
            "contact_gone",
            "call_connecting",
        ),
    ),
    Endpoint(
        "POST",
        "/supervision/contacts/{contact_id}/move",
        "supervision.move",
        "Move a contact to another queue; it keeps its place in time",
        needs(Right.CONTACT_MOVE),
        _move,
        body=MoveBody,
        answer=ContactView,
        problems=("not_found", "queue_unknown", "contact_gone", "call_connecting"),
    ),
    Endpoint(
        "POST",
        "/supervision/contacts/{contact_id}/take",
        "supervision.take",
        "Have a contact offered to me before anybody else",
        needs(Right.CONTACT_ASSIGN),
        _take,
        body=ReasonBody,
        answer=ContactView,
        problems=(
            "not_found",
            "no_profile",
            "listener_not_ready",
            "contact_gone",
            "call_connecting",
        ),
    ),
    Endpoint(
        "POST",
        "/supervision/contacts/{contact_id}/close",
        "supervision.close",
        "End and close a contact that nobody will finish",
        needs(Right.CONTACT_ASSIGN),
        _close,
        body=CloseStuckBody,
        answer=ContactView,
        problems=("not_found", "already_closed", "immediate_danger"),
    ),
    Endpoint(
        "POST",
        "/supervision/listeners/{listener_id}/state",
        "supervision.force",
        "Set a listener's state for her; what she has open stays hers",
        needs(Right.LISTENER_FORCE),
        _force,
        body=ForceBody,
        answer=PresenceView,
        problems=("not_found", "listener_not_present"),
    ),
    Endpoint(
        "PUT",
        "/supervision/queues/{queue}",
        "supervision.override",
        "Close a queue, or give it a message, at once; `*` is every queue",
        needs(Right.QUEUE_OVERRIDE),
        _override,
        body=OverrideBody,
        answer=OverrideView,
        problems=("not_found", "override_empty", "language_unknown"),
    ),
    Endpoint(
        "DELETE",
        "/supervision/queues/{queue}",
        "supervision.lift",
        "Lift what is set on a queue",
        needs(Right.QUEUE_OVERRIDE),
        _lift,
        status=204,
        query=LiftQuery,
        problems=("not_found",),
    ),
)
