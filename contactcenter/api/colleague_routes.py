"""Colleagues, as far as a hand-over needs them."""

from aiohttp import web

from contactcenter.api.endpoints import Endpoint, answer, read_query, services_of
from contactcenter.api.supervision_schemas import ColleaguesQuery
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.supervision_views import ColleagueList
from records.policy import Right


async def _serving(request: web.Request) -> web.StreamResponse:
    query = read_query(request, ColleaguesQuery)
    found = await services_of(request).colleagues.serving(
        principal_of(request), query.queue, query.channel
    )
    return answer(found)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/colleagues",
        "colleagues.list",
        "Who is present and serves a queue, to be named in a hand-over",
        needs(Right.HAND_OVER),
        _serving,
        query=ColleaguesQuery,
        answer=ColleagueList,
        problems=("queue_unknown",),
    ),
)
