"""Signing in and out, and what a desk needs about the person who signed in."""

from aiohttp import web

from contactcenter.api.endpoints import (
    BROWSER,
    Endpoint,
    answer,
    no_content,
    read_body,
    services_of,
)
from contactcenter.api.live.route import LIVE_SOCKETS
from contactcenter.api.schemas import (
    LiveTicketView,
    LossesSeenBody,
    MeView,
    PresenceBody,
    SignedInView,
    SignInBody,
)
from contactcenter.auth.access import PUBLIC, SIGNED_IN, needs, principal_of
from contactcenter.centre.views import PresenceView, SoftphoneTokenView, StaffView
from contactcenter.web.clients import client_address
from records.actor import Principal
from records.policy import Right


async def _sign_in(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, SignInBody)
    opened = await services_of(request).accounts.sign_in(
        body.login,
        body.password.get_secret_value(),
        body.totp.get_secret_value(),
        client_address(request),
    )
    view = SignedInView(
        token=opened.token, expires_at=opened.expires_at, staff=_staff(opened.principal)
    )
    response = answer(view, status=201)
    request.app[BROWSER].set_cookie(response, opened.token, opened.expires_at)
    return response


async def _sign_out(request: web.Request) -> web.StreamResponse:
    await services_of(request).presence.leave(principal_of(request))
    await services_of(request).accounts.sign_out(principal_of(request))
    request.app[LIVE_SOCKETS].end_session(principal_of(request).session_id)
    response = no_content()
    request.app[BROWSER].clear_cookie(response)
    return response


async def _me(request: web.Request) -> web.StreamResponse:
    principal = principal_of(request)
    services = services_of(request)
    return answer(
        MeView(
            staff=_staff(principal),
            presence=await services.presence.current(principal),
            offer=await services.offers.current(principal),
            engagements=await services.contacts.engaged(principal),
            losses=list(await services.contacts.losses(principal)),
            max_chats=principal.max_chats,
            softphone=services.softphones.view(principal),
        )
    )


def _staff(principal: Principal) -> StaffView:
    return StaffView(
        staff_id=principal.staff_id, display_name=principal.display_name, role=principal.role
    )


async def _declare_presence(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, PresenceBody)
    return answer(await services_of(request).presence.declare(principal_of(request), body.state))


async def _losses_seen(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, LossesSeenBody)
    await services_of(request).contacts.losses_seen(principal_of(request), body.until)
    return no_content()


async def _live_ticket(request: web.Request) -> web.StreamResponse:
    ticket = await services_of(request).accounts.live_ticket(principal_of(request))
    return answer(LiveTicketView(ticket=ticket.ticket, expires_at=ticket.expires_at))


async def _softphone_token(request: web.Request) -> web.StreamResponse:
    return answer(await services_of(request).softphones.token(principal_of(request)))


ENDPOINTS = (
    Endpoint(
        "POST",
        "/session",
        "session.create",
        "Sign in; a browser also gets the session as a cookie",
        PUBLIC,
        _sign_in,
        status=201,
        body=SignInBody,
        answer=SignedInView,
        problems=("wrong_credentials", "too_many_attempts", "busy"),
    ),
    Endpoint("DELETE", "/session", "session.delete", "Sign out", SIGNED_IN, _sign_out, status=204),
    Endpoint(
        "GET",
        "/me",
        "me.read",
        "Who I am, my presence, my offer and the contacts I work on",
        SIGNED_IN,
        _me,
        answer=MeView,
    ),
    Endpoint(
        "PUT",
        "/me/presence",
        "me.presence",
        "Say whether I take contacts",
        needs(Right.CONTACT_SERVE),
        _declare_presence,
        body=PresenceBody,
        answer=PresenceView,
        problems=("no_profile",),
    ),
    Endpoint(
        "POST",
        "/me/losses/seen",
        "me.losses_seen",
        "Say that I have seen which contacts my desk lost",
        needs(Right.CONTACT_SERVE),
        _losses_seen,
        status=204,
        body=LossesSeenBody,
    ),
    Endpoint(
        "POST",
        "/me/live-ticket",
        "me.live_ticket",
        "Get a single-use ticket for the live socket",
        needs(Right.QUEUES_READ),
        _live_ticket,
        answer=LiveTicketView,
    ),
    Endpoint(
        "POST",
        "/me/softphone-token",
        "me.softphone_token",
        "Get a short-lived credential for my telephone",
        needs(Right.CONTACT_SERVE),
        _softphone_token,
        answer=SoftphoneTokenView,
        problems=("no_softphone",),
    ),
)
