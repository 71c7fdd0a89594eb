"""Errors become answers here, and only here: RFC 9457 problem details, or a page.

Nothing of an error's own text leaves: the words come from the table of codes,
so neither a driver's message nor what somebody typed can be echoed.
"""

import json
import math
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from pydantic import BaseModel, Field

from config.errors import CentreError, InvalidInput, NotFound, Refused
from contactcenter.web.problem_codes import Meaning, meaning_of
from contactcenter.web.request_ids import REQUEST_ID

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
API_PREFIX = "/api/"
RETRY_SECONDS = 1


class Problem(BaseModel):
    """Why a request was refused. Decide by `code`; the words may change."""

    type: str = Field(description="`urn:contactcenter:problem:` and the code")
    title: str
    status: int
    code: str
    detail: str
    field: str | None = Field(default=None, description="the value that is wrong")
    retry_after: int | None = Field(default=None, description="seconds, as in Retry-After")
    request_id: str | None = Field(default=None, description="what to quote to the operator")


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorPage = Callable[[web.Request, Problem], Awaitable[web.StreamResponse]]

# What a page route answers on an error, instead of a problem; set by whoever adds pages.
ERROR_PAGE = web.AppKey[ErrorPage]("error_page")


def problem_of(error: CentreError, request_id: str | None = None) -> Problem:
    """Return what the asker is told.

    Whatever was not found, and why, has one code: a reader without a right
    must not tell « there is none » from « there is one, not for you ».
    """
    code = "not_found" if isinstance(error, NotFound) else error.code
    meaning = meaning_of(error)
    wait = error.retry_after
    if wait is None and error.retryable:
        wait = RETRY_SECONDS
    return _problem(
        code,
        meaning,
        field=error.field,
        retry_after=None if wait is None else max(1, math.ceil(wait)),
        request_id=request_id,
    )


def problem_response(problem: Problem) -> web.Response:
    """Return the problem as the API answers it."""
    response = web.Response(
        body=json.dumps(problem.model_dump(exclude_none=True)).encode(),
        status=problem.status,
        content_type=PROBLEM_JSON,
    )
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="staff"'
    return response


def problems() -> Middleware:
    """Return the middleware that answers every error of the handlers under it."""

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as answer:
            if answer.status < 400:
                raise
            response = await _answer(request, from_http(answer, request.get(REQUEST_ID)))
            if "Allow" in answer.headers:
                response.headers["Allow"] = answer.headers["Allow"]
            return response
        except CentreError as error:
            if meaning_of(error).status >= 500:
                log.warning("request_failed", code=error.code, route=_route_name(request))
            return await _answer(request, problem_of(error, request.get(REQUEST_ID)))
        except Exception:
            log.exception("request_crashed", route=_route_name(request))
            return await _answer(request, problem_of(CentreError(), request.get(REQUEST_ID)))

    return answered


async def _answer(request: web.Request, problem: Problem) -> web.StreamResponse:
    page = request.app.get(ERROR_PAGE)
    if page is None or request.path.startswith(API_PREFIX):
        return problem_response(problem)
    return await page(request, problem)


def from_http(answer: web.HTTPException, request_id: str | None = None) -> Problem:
    """Return the problem for what aiohttp itself refused."""
    error: CentreError
    match answer.status:
        case 404:
            error = NotFound()
        case 405:
            error = Refused(code="method_not_allowed")
        case 413:
            error = InvalidInput(code="body_too_large")
        case 415:
            error = InvalidInput(code="unsupported_media_type")
        case status if status < 500:
            error = Refused(code="bad_request")
        case _:
            error = CentreError()
    return problem_of(error, request_id)


def _problem(
    code: str,
    meaning: Meaning,
    *,
    field: str | None,
    retry_after: int | None,
    request_id: str | None,
) -> Problem:
    return Problem(
        type=f"urn:contactcenter:problem:{code}",
        title=meaning.title,
        status=meaning.status,
        code=code,
        detail=meaning.detail,
        field=field,
        retry_after=retry_after,
        request_id=request_id,
    )


def _route_name(request: web.Request) -> str:
    return request.match_info.route.name or "unnamed"
