"""Contacts: reading, writing to the person, the write-up, the end."""

from uuid import UUID

from aiohttp import web

from contactcenter.api.endpoints import (
    Endpoint,
    answer,
    path_id,
    read_body,
    read_query,
    services_of,
)
from contactcenter.api.schemas import (
    CloseBody,
    ContactsQuery,
    ExtendBody,
    FactorsBody,
    FormBody,
    HandOverBody,
    MessageBody,
    MessagesQuery,
    UrgencyBody,
)
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.views import (
    ContactPage,
    ContactView,
    FormSavedView,
    MessagePage,
    SentView,
    WrapUpView,
)
from records.policy import Right


async def _list(request: web.Request) -> web.StreamResponse:
    query = read_query(request, ContactsQuery)
    page = await services_of(request).contacts.list(
        principal_of(request), state=query.state, limit=query.limit, before=query.before
    )
    return answer(page)


async def _view(request: web.Request) -> web.StreamResponse:
    return answer(await services_of(request).contacts.view(principal_of(request), _id(request)))


async def _messages(request: web.Request) -> web.StreamResponse:
    query = read_query(request, MessagesQuery)
    page = await services_of(request).contacts.messages(
        principal_of(request), _id(request), after=query.after, limit=query.limit
    )
    return answer(page)


async def _send(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, MessageBody)
    sent = await services_of(request).contacts.send(
        principal_of(request), _id(request), body.cid, body.text
    )
    return answer(sent, status=201)


async def _save_form(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, FormBody)
    saved = await services_of(request).contacts.save_form(
        principal_of(request), _id(request), body.values, body.revision
    )
    return answer(saved)


async def _set_urgency(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, UrgencyBody)
    view = await services_of(request).contacts.set_urgency(
        principal_of(request),
        _id(request),
        body.urgency,
        reason=body.reason,
        confirm=body.confirm,
    )
    return answer(view)


async def _tick(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, FactorsBody)
    view = await services_of(request).contacts.tick(
        principal_of(request), _id(request), body.factors
    )
    return answer(view)


async def _hand_over(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, HandOverBody)
    view = await services_of(request).contacts.hand_over(
        principal_of(request),
        _id(request),
        body.queue,
        needs=body.needs,
        urgency=body.urgency,
        listener_id=body.listener_id,
    )
    return answer(view)


async def _extend(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, ExtendBody)
    view = await services_of(request).contacts.extend_wrap_up(
        principal_of(request), _id(request), body.wrap_up_until
    )
    return answer(view)


async def _end(request: web.Request) -> web.StreamResponse:
    return answer(await services_of(request).contacts.end(principal_of(request), _id(request)))


async def _close(request: web.Request) -> web.StreamResponse:
    body = await read_body(request, CloseBody)
    view = await services_of(request).contacts.close(
        principal_of(request), _id(request), body.disposition, body.non_content_code
    )
    return answer(view)


def _id(request: web.Request) -> UUID:
    return path_id(request, "contact_id")


_LONG = 256 * 1024
ENDPOINTS = (
    Endpoint(
        "GET",
        "/contacts",
        "contacts.list",
        "The contacts I may know of, newest first",
        needs(Right.CONTACT_LIST),
        _list,
        query=ContactsQuery,
        answer=ContactPage,
    ),
    Endpoint(
        "GET",
        "/contacts/{contact_id}",
        "contacts.read",
        "One contact with its form, cases and events",
        needs(Right.CONTACT_READ),
        _view,
        answer=ContactView,
        problems=("not_found",),
    ),
    Endpoint(
        "GET",
        "/contacts/{contact_id}/messages",
        "contacts.messages",
        "The lines of a conversation, in order",
        needs(Right.CONTACT_CONTENT_READ),
        _messages,
        query=MessagesQuery,
        answer=MessagePage,
        problems=("not_found",),
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/messages",
        "contacts.send",
        "Write to the person; answered once the line is stored",
        needs(Right.CONTACT_SERVE),
        _send,
        status=201,
        body=MessageBody,
        answer=SentView,
        problems=(
            "not_found",
            "cid_reused",
            "conversation_closed",
            "text_too_long",
            "not_a_text",
            "conversation_queue_full",
            "messages_queue_full",
            "outcome_unknown",
        ),
    ),
    Endpoint(
        "PUT",
        "/contacts/{contact_id}/form",
        "contacts.form",
        "Save the write-up",
        needs(Right.CONTACT_SERVE),
        _save_form,
        body=FormBody,
        answer=FormSavedView,
        problems=(
            "not_found",
            "form_conflict",
            "contact_not_taken",
            "contact_closed",
            "unknown_field",
            "unknown_option",
            "wrong_type",
            "wrong_date",
            "number_out_of_range",
            "not_a_text",
            "text_too_long",
        ),
        max_body_bytes=_LONG,
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/urgency",
        "contacts.urgency",
        "Confirm, raise or correct the urgency",
        needs(Right.CONTACT_URGENCY_RAISE),
        _set_urgency,
        body=UrgencyBody,
        answer=ContactView,
        problems=("not_found", "coordinator_needed", "reason_needed", "conflict", "contact_closed"),
    ),
    Endpoint(
        "PUT",
        "/contacts/{contact_id}/factors",
        "contacts.factors",
        "Keep what was answered of the urgency factors; the urgency rises to their floor",
        needs(Right.CONTACT_SERVE),
        _tick,
        body=FactorsBody,
        answer=ContactView,
        problems=("not_found", "factor_unknown", "contact_closed"),
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/hand-over",
        "contacts.hand_over",
        "Give the person on to another queue or level; they keep their place in time",
        needs(Right.HAND_OVER),
        _hand_over,
        body=HandOverBody,
        answer=ContactView,
        problems=(
            "not_found",
            "queue_unknown",
            "need_unknown",
            "listener_unknown",
            "coordinator_needed",
            "contact_gone",
            "call_connecting",
        ),
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/wrap-up/extend",
        "contacts.extend_wrap_up",
        "Have more time for the write-up, within the helpline's limit",
        needs(Right.CONTACT_SERVE),
        _extend,
        body=ExtendBody,
        answer=WrapUpView,
        problems=("not_found", "wrap_up_limit", "wrap_up_over"),
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/end",
        "contacts.end",
        "End the conversation or the call; the write-up begins",
        needs(Right.CONTACT_SERVE),
        _end,
        answer=ContactView,
        problems=("not_found", "contact_taken", "call_connecting"),
    ),
    Endpoint(
        "POST",
        "/contacts/{contact_id}/close",
        "contacts.close",
        "Finish the write-up; I may then be ready again",
        needs(Right.CONTACT_SERVE),
        _close,
        body=CloseBody,
        answer=ContactView,
        problems=(
            "not_found",
            "contact_open",
            "already_closed",
            "case_or_code_needed",
            "form_incomplete",
        ),
    ),
)
