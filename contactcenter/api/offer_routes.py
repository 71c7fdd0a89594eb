"""The offer a listener is shown: seen, accepted, declined."""

from aiohttp import web
from pydantic import BaseModel

from contactcenter.api.endpoints import (
    Endpoint,
    answer,
    no_content,
    path_id,
    read_body,
    services_of,
)
from contactcenter.api.schemas import DeclineBody
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.views import ContactView
from records.policy import Right


class AcceptedView(BaseModel):
    """The contact is this listener's: a call is being connected, a chat is open."""

    contact: ContactView


async def _seen(request: web.Request) -> web.StreamResponse:
    await services_of(request).offers.seen(principal_of(request), path_id(request, "offer_id"))
    return no_content()


async def _accept(request: web.Request) -> web.StreamResponse:
    principal, services = principal_of(request), services_of(request)
    contact_id = await services.offers.accept(principal, path_id(request, "offer_id"))
    return answer(AcceptedView(contact=await services.contacts.view(principal, contact_id)))


async def _decline(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, DeclineBody)
    await services_of(request).offers.decline(
        principal_of(request), path_id(request, "offer_id"), body.reason
    )
    return no_content()


_SERVES = needs(Right.CONTACT_SERVE)
ENDPOINTS = (
    Endpoint(
        "POST",
        "/offers/{offer_id}/seen",
        "offers.seen",
        "Say that the offer is on the screen",
        _SERVES,
        _seen,
        status=204,
        problems=("not_found", "offer_expired"),
    ),
    Endpoint(
        "POST",
        "/offers/{offer_id}/accept",
        "offers.accept",
        "Take the contact; sending it again answers the same",
        _SERVES,
        _accept,
        answer=AcceptedView,
        problems=(
            "not_found",
            "offer_expired",
            "contact_gone",
            "contact_taken",
            "over_capacity",
            "not_present",
            "outcome_unknown",
        ),
    ),
    Endpoint(
        "POST",
        "/offers/{offer_id}/decline",
        "offers.decline",
        "Give the contact back; it keeps its rank",
        _SERVES,
        _decline,
        status=204,
        body=DeclineBody,
        problems=("not_found", "offer_expired"),
    ),
)
