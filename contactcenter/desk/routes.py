"""The pages of the staff port: signing in, the desk, the cases.

A page shows what the same services give the API; everything a listener does
on one goes through the API.
"""

from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from aiohttp import web

from config.errors import CentreError, NotFound
from contactcenter.api.endpoints import BROWSER, services_of
from contactcenter.api.live.route import LIVE_SOCKETS
from contactcenter.auth.access import (
    PRINCIPAL,
    PUBLIC,
    SIGNED_IN,
    add_route,
    add_static,
    needs,
    principal_of,
)
from contactcenter.desk.contacts_page import contacts_page
from contactcenter.desk.live_pages import add_live_pages
from contactcenter.desk.page_content import IMPORT_MAP, page_content
from contactcenter.desk.rendering import PAGES, Pages, json_for_page
from contactcenter.desk.role_page import role_page, takes_contacts
from contactcenter.web.clients import client_address
from contactcenter.web.forms import posted_form
from contactcenter.web.problems import ERROR_PAGE, Problem, problem_of
from records.cases.reference import is_reference
from records.policy import Right

STATIC = Path(__file__).parent / "static"
CASES_SHOWN = 100
LONGEST_FIELD = 256
SIGN_IN_BYTES = 16 * 1024


def add_desk_routes(app: web.Application, pages: Pages) -> None:
    """Add the pages to the staff port; their services are those of the API."""
    app[PAGES] = pages
    app[ERROR_PAGE] = _error_page
    add_route(app, "GET", "/signin", _sign_in_page, access=PUBLIC, name="desk.signin")
    add_route(app, "POST", "/signin", _sign_in, access=PUBLIC, name="desk.signin.submit")
    add_route(app, "POST", "/signout", _sign_out, access=SIGNED_IN, name="desk.signout")
    add_route(app, "GET", "/", _desk, access=SIGNED_IN, name="desk.home")
    find, read = needs(Right.CASE_FIND), needs(Right.CASE_HEADER_READ)
    add_route(app, "GET", "/cases", _cases, access=find, name="desk.cases")
    add_route(app, "GET", "/cases/{case_id}", _case, access=read, name="desk.case")
    listed = needs(Right.CONTACT_LIST)
    add_route(app, "GET", "/contacts", contacts_page, access=listed, name="desk.contacts")
    add_live_pages(app)
    add_static(app, "/static/", STATIC, access=PUBLIC, name="desk.static")


async def _sign_in_page(request: web.Request) -> web.StreamResponse:
    return _sign_in_form(request, problem=None, status=200)


async def _sign_in(request: web.Request) -> web.StreamResponse:
    form = await posted_form(request, SIGN_IN_BYTES)
    login, password, totp = (form.get(name, "") for name in ("login", "password", "totp"))
    if max(len(login), len(password), len(totp)) > LONGEST_FIELD:
        return _sign_in_form(request, problem="wrong_credentials", status=401)
    try:
        signed_in = await services_of(request).accounts.sign_in(
            login, password, totp, client_address(request)
        )
    except CentreError as error:
        problem = problem_of(error)
        return _sign_in_form(request, problem=problem.code, status=problem.status, login=login)
    response = web.HTTPSeeOther("/")
    request.app[BROWSER].set_cookie(response, signed_in.token, signed_in.expires_at)
    return response


def _sign_in_form(
    request: web.Request, *, problem: str | None, status: int, login: str = ""
) -> web.Response:
    pages = request.app[PAGES]
    words = _problem_words(pages, pages.language(request), problem) if problem else None
    title = pages.catalog.t("desk.signin_title", pages.language(request))
    return pages.render(
        request,
        "signin.html",
        status=status,
        title=title,
        staff=None,
        problem=words,
        login=login,
        here="signin",
    )


async def _sign_out(request: web.Request) -> web.StreamResponse:
    await services_of(request).presence.leave(principal_of(request))
    await services_of(request).accounts.sign_out(principal_of(request))
    request.app[LIVE_SOCKETS].end_session(principal_of(request).session_id)
    response = web.HTTPSeeOther("/signin")
    request.app[BROWSER].clear_cookie(response)
    return response


async def _desk(request: web.Request) -> web.StreamResponse:
    if not takes_contacts(principal_of(request).role):
        return role_page(request)
    pages = request.app[PAGES]
    language = pages.language(request)
    return pages.render(
        request,
        "desk.html",
        title=pages.catalog.t("desk.home_title", language),
        staff=principal_of(request),
        here="desk",
        import_map=json_for_page(IMPORT_MAP),
        page_json=json_for_page(page_content(pages, language)),
    )


async def _cases(request: web.Request) -> web.StreamResponse:
    pages = request.app[PAGES]
    reference = request.query.get("reference", "").strip()[:40]
    found = await services_of(request).cases.list(
        principal_of(request), reference=reference or None, limit=CASES_SHOWN
    )
    return pages.render(
        request,
        "cases.html",
        title=pages.catalog.t("desk.cases_title", pages.language(request)),
        staff=principal_of(request),
        here="cases",
        reference=reference,
        is_slip=bool(reference) and not found.cases and not is_reference(reference),
        cases=found.cases,
    )


async def _case(request: web.Request) -> web.StreamResponse:
    try:
        case_id = UUID(request.match_info["case_id"])
    except ValueError:
        raise NotFound from None
    pages = request.app[PAGES]
    case = await services_of(request).cases.get(principal_of(request), case_id)
    return pages.render(
        request,
        "case.html",
        # The alias stays out of the title: titles are read over shoulders and kept in histories.
        title=pages.catalog.t(
            "desk.case_heading", pages.language(request), reference=case.reference
        ),
        staff=principal_of(request),
        here="cases",
        case=case,
    )


async def _error_page(request: web.Request, problem: Problem) -> web.StreamResponse:
    if problem.status == 401:
        return web.HTTPSeeOther("/signin")
    pages = request.app[PAGES]
    language = pages.language(request)
    return pages.render(
        request,
        "error.html",
        status=problem.status,
        title=pages.catalog.t("desk.error_title", language),
        staff=request.get(PRINCIPAL),
        here="error",
        words=_problem_words(pages, language, problem.code),
        request_id=quote(problem.request_id or ""),
    )


def _problem_words(pages: Pages, language: str, code: str) -> str:
    known = pages.catalog.area("desk", language).get(f"problem_{code}")
    if isinstance(known, str):
        return known
    return pages.catalog.t("desk.problem_other", language, code=code)
