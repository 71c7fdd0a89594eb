"""How a route of the API is declared, read and answered.

One declaration gives the route, its access, its limits and its entry in the
OpenAPI document, so the document cannot say anything else than the code does.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ValidationError

from chat.bodies import read_at_most
from config.errors import InvalidInput, NotFound, Refused
from contactcenter.api.services import StaffServices
from contactcenter.auth.access import Access, add_route
from contactcenter.auth.cookies import BrowserRules

PREFIX = "/api/v1"
SERVICES = web.AppKey("services", StaffServices)
BROWSER = web.AppKey("browser", BrowserRules)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Model = TypeVar("Model", bound=BaseModel)

_SMALL = 16 * 1024


@dataclass(frozen=True)
class Endpoint:
    """One route: what it asks, takes and answers.

    `problems` are the codes beyond those that any route may answer.
    """

    method: str
    path: str
    name: str
    summary: str
    access: Access
    handler: Handler
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    problems: tuple[str, ...] = ()
    max_body_bytes: int = _SMALL

    @property
    def body_optional(self) -> bool:
        """Tell whether an empty body means the defaults."""
        return self.body is not None and not any(
            field.is_required() for field in self.body.model_fields.values()
        )


_ENDPOINTS = web.AppKey("endpoints", dict[str, Endpoint])


def add_endpoints(app: web.Application, endpoints: Iterable[Endpoint]) -> None:
    """Add each route under /api/v1, under its name and its access."""
    known: dict[str, Endpoint] = {}
    for endpoint in endpoints:
        name = f"api.{endpoint.name}"
        add_route(
            app,
            endpoint.method,
            PREFIX + endpoint.path,
            endpoint.handler,
            access=endpoint.access,
            name=name,
        )
        known[name] = endpoint
    app[_ENDPOINTS] = known


def services_of(request: web.Request) -> StaffServices:
    """Return the application services."""
    return request.app[SERVICES]


def path_id(request: web.Request, name: str) -> UUID:
    """Return an id of the path; one that is no UUID names nothing, so NotFound."""
    try:
        return UUID(request.match_info[name])
    except ValueError:
        raise NotFound from None


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Return the JSON body, checked.

    Raises InvalidInput naming the field, `invalid_json`, `body_too_large` or
    `unsupported_media_type`. No error repeats anything of the body.
    """
    endpoint = _endpoint_of(request)
    assert endpoint.body is model, "a handler reads the body its endpoint declares"
    raw = await read_at_most(request, endpoint.max_body_bytes)
    if not raw.strip() and endpoint.body_optional:
        return model()
    if request.content_type != "application/json":
        raise InvalidInput(code="unsupported_media_type")
    try:
        return model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _refusal(error) from None


def read_query(request: web.Request, model: type[Model]) -> Model:
    """Return the query, checked; InvalidInput names the parameter."""
    assert _endpoint_of(request).query is model, "a handler reads the query its endpoint declares"
    given: Mapping[str, str] = dict(request.query)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from None


def answer(view: BaseModel, *, status: int = 200) -> web.Response:
    """Return a view as JSON."""
    return web.Response(
        body=view.model_dump_json().encode(), status=status, content_type="application/json"
    )


def no_content() -> web.Response:
    """Return the answer that says only that it was done."""
    return web.Response(status=204)


def _endpoint_of(request: web.Request) -> Endpoint:
    return request.app[_ENDPOINTS][request.match_info.route.name or ""]


def _refusal(error: ValidationError) -> Refused:
    """Translate what pydantic found: the first wrong field, never its value.

    Only names that are declared are repeated: an unknown one was typed by the
    asker, and could be anything.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid" or not first["loc"]:
        return Refused(code="invalid_json")
    declared = first["type"] != "extra_forbidden"
    field = first["loc"][0] if declared else None
    return InvalidInput(field=field if isinstance(field, str) else None)
