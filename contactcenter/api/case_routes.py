"""Cases: found, opened, read, and the contacts attached to them."""

from aiohttp import web

from contactcenter.api.endpoints import (
    Endpoint,
    answer,
    path_id,
    read_body,
    read_query,
    services_of,
)
from contactcenter.api.schemas import CaseBody, CasesQuery
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.views import CasePage, CaseView
from records.policy import Right


async def _list(request: web.Request) -> web.StreamResponse:
    query = read_query(request, CasesQuery)
    page = await services_of(request).cases.list(
        principal_of(request), reference=query.reference, limit=query.limit
    )
    return answer(page)


async def _create(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, CaseBody)
    view = await services_of(request).cases.create(
        principal_of(request), label=body.label, department=body.department
    )
    return answer(view, status=201)


async def _view(request: web.Request) -> web.StreamResponse:
    case_id = path_id(request, "case_id")
    return answer(await services_of(request).cases.get(principal_of(request), case_id))


async def _attach(request: web.Request) -> web.StreamResponse:
    view = await services_of(request).cases.attach(
        principal_of(request), path_id(request, "case_id"), path_id(request, "contact_id")
    )
    return answer(view)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/cases",
        "cases.list",
        "The cases I may know of, or the one of a reference",
        needs(Right.CASE_FIND),
        _list,
        query=CasesQuery,
        answer=CasePage,
        problems=("wrong_reference",),
    ),
    Endpoint(
        "POST",
        "/cases",
        "cases.create",
        "Open a case",
        needs(Right.CASE_CREATE),
        _create,
        status=201,
        body=CaseBody,
        answer=CaseView,
    ),
    Endpoint(
        "GET",
        "/cases/{case_id}",
        "cases.read",
        "One case and its timeline",
        needs(Right.CASE_HEADER_READ),
        _view,
        answer=CaseView,
        problems=("not_found",),
    ),
    Endpoint(
        "PUT",
        "/cases/{case_id}/contacts/{contact_id}",
        "cases.attach",
        "Attach a contact to a case; already attached answers the same",
        needs(Right.CASE_ATTACH),
        _attach,
        answer=CaseView,
        problems=("not_found", "case_closed", "other_line"),
    ),
)
