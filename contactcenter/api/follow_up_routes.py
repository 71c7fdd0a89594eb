"""Follow-ups: what is owed after a contact, taken on and settled."""

from uuid import UUID

from aiohttp import web

from contactcenter.api.endpoints import Endpoint, answer, path_id, read_body, services_of
from contactcenter.api.supervision_schemas import NumberBody, SettleBody
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.supervision_views import FollowUpList, FollowUpView, NumberView
from records.policy import Right


async def _list(request: web.Request) -> web.StreamResponse:
    return answer(await services_of(request).follow_ups.list(principal_of(request)))


async def _claim(request: web.Request) -> web.StreamResponse:
    view = await services_of(request).follow_ups.claim(principal_of(request), _id(request))
    return answer(view)


async def _release(request: web.Request) -> web.StreamResponse:
    view = await services_of(request).follow_ups.release(principal_of(request), _id(request))
    return answer(view)


async def _number(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, NumberBody)
    view = await services_of(request).follow_ups.read_number(
        principal_of(request), _id(request), body.reason
    )
    response = answer(view)
    # As every answer; said here because nothing may ever make an exception of this one.
    response.headers["Cache-Control"] = "no-store"
    return response


async def _done(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, SettleBody)
    view = await services_of(request).follow_ups.done(
        principal_of(request), _id(request), body.outcome
    )
    return answer(view)


async def _drop(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, SettleBody)
    view = await services_of(request).follow_ups.drop(
        principal_of(request), _id(request), body.outcome
    )
    return answer(view)


def _id(request: web.Request) -> UUID:
    return path_id(request, "follow_up_id")


_OVER = ("not_found", "follow_up_claimed", "follow_up_not_claimed", "follow_up_over")
ENDPOINTS = (
    Endpoint(
        "GET",
        "/follow-ups",
        "follow_ups.list",
        "What is owed after contacts, the first due first",
        needs(Right.FOLLOW_UP_READ),
        _list,
        answer=FollowUpList,
    ),
    Endpoint(
        "POST",
        "/follow-ups/{follow_up_id}/claim",
        "follow_ups.claim",
        "Take a follow-up on",
        needs(Right.FOLLOW_UP_SERVE),
        _claim,
        answer=FollowUpView,
        problems=_OVER,
    ),
    Endpoint(
        "POST",
        "/follow-ups/{follow_up_id}/release",
        "follow_ups.release",
        "Give a follow-up back, for any colleague to take on",
        needs(Right.FOLLOW_UP_SERVE),
        _release,
        answer=FollowUpView,
        problems=("not_found", "follow_up_over"),
    ),
    Endpoint(
        "POST",
        "/follow-ups/{follow_up_id}/number",
        "follow_ups.number",
        "Read the number of a callback that is mine; each reading is in the audit trail",
        needs(Right.FOLLOW_UP_SERVE),
        _number,
        body=NumberBody,
        answer=NumberView,
        problems=("not_found", "follow_up_not_claimed", "follow_up_over"),
    ),
    Endpoint(
        "POST",
        "/follow-ups/{follow_up_id}/done",
        "follow_ups.done",
        "Settle a follow-up",
        needs(Right.FOLLOW_UP_SERVE),
        _done,
        body=SettleBody,
        answer=FollowUpView,
        problems=_OVER,
    ),
    Endpoint(
        "POST",
        "/follow-ups/{follow_up_id}/drop",
        "follow_ups.drop",
        "Give a follow-up up for good",
        needs(Right.FOLLOW_UP_SERVE),
        _drop,
        body=SettleBody,
        answer=FollowUpView,
        problems=_OVER,
    ),
)
