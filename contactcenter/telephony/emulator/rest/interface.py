"""The REST interface under /2010-04-01: who may ask, what is refused, shapes of the answers."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from contactcenter.telephony.emulator import wire
from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.conferences.conference import Conference, Participant
from contactcenter.telephony.emulator.config import EmulatorConfig
from contactcenter.telephony.emulator.hooks.faults import Rule
from contactcenter.telephony.emulator.rest.errors import (
    WireError,
    invalid,
    not_found,
    unauthenticated,
)

PAGE_SIZE = 50
MAX_PAGE_SIZE = 1000

Fields = MultiMapping[str]
Act = Callable[[web.Request, Fields], Awaitable[Any]]


class Rest:
    """Wraps each act: authentication, known fields, misbehaviour, JSON answers."""

    def __init__(self, exchange: Exchange) -> None:
        """Answer for the account of `exchange`."""
        self._exchange = exchange

    def route(self, method: str, path: str, act: Act) -> web.RouteDef:
        """Return the route of one act; `path` is a template of the wire table."""

        async def handle(request: web.Request) -> web.StreamResponse:
            rule = self._exchange.faults.take("rest", f"{request.method} {request.path}")
            try:
                self._check_account(request)
                _refuse_before(rule)
                fields = await _fields(request, method, path)
                await _hang(rule)
                answer = await act(request, fields)
                await _refuse_after(rule)
            except WireError as error:
                return web.json_response(error.body(), status=error.status)
            status = wire.SUCCESS[method, path]
            return (
                web.Response(status=204)
                if status == 204
                else web.json_response(answer, status=status)
            )

        return web.route(method.upper(), path, handle)

    def _check_account(self, request: web.Request) -> None:
        config = self._exchange.config
        if not holds_credentials(config, request.headers.get("Authorization", "")):
            raise unauthenticated()
        if request.match_info["AccountSid"] != config.account_sid:
            raise not_found(request.path)


def holds_credentials(config: EmulatorConfig, authorization: str) -> bool:
    """Return whether a Basic header holds the account's token or one of its API keys."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    secrets = {config.account_sid: config.auth_token, **config.api_keys}
    secret = secrets.get(user)
    return (
        scheme == "Basic"
        and secret is not None
        and hmac.compare_digest(secret.get_secret_value().encode(), password.encode())
    )


def _refuse_before(rule: Rule | None) -> None:
    if rule is not None and rule.act == "refuse":
        raise WireError(rule.status, rule.code, "Too Many Requests")


async def _hang(rule: Rule | None) -> None:
    if rule is not None and rule.act == "hang":
        await asyncio.sleep(rule.seconds)
        raise WireError(503, 20503, "Service unavailable")


async def _refuse_after(rule: Rule | None) -> None:
    if rule is not None and rule.act in {"refuse_after", "hang_after"}:
        if rule.act == "hang_after":
            await asyncio.sleep(rule.seconds)
        raise WireError(max(rule.status, 500), 20500, "Internal Server Error")


async def _fields(request: web.Request, method: str, path: str) -> Fields:
    fields: Fields = request.query if method == "get" else _texts(await request.post())
    unknown = set(fields) - wire.REQUEST_FIELDS[method, path]
    missing = [
        name for name in wire.REQUIRED_FIELDS.get((method, path), ()) if not fields.get(name)
    ]
    if unknown or missing:
        raise invalid(min(unknown or missing))
    return fields


def _texts(posted: MultiMapping[Any]) -> Fields:
    if not all(isinstance(value, str) for value in posted.values()):
        raise invalid("body")
    return posted


def flag(fields: Fields, name: str, *, default: bool) -> bool:
    """Return a boolean field; raises 20001 when it is neither true nor false."""
    value = fields.get(name, "true" if default else "false").lower()
    if value not in {"true", "false"}:
        raise invalid(name)
    return value == "true"


def number(fields: Fields, name: str, default: int, least: int, most: int) -> int:
    """Return an integer field within bounds; raises 20001."""
    value = fields.get(name, str(default))
    if not value.isdecimal() or not least <= int(value) <= most:
        raise invalid(name)
    return int(value)


def events(fields: Fields, name: str, default: str) -> frozenset[str]:
    """Return a form array: the field repeated, or its values separated by spaces."""
    values = fields.getall(name, [default])
    return frozenset(event for value in values for event in value.split())


def page(request: web.Request, fields: Fields, key: str, found: list[Any]) -> dict[str, Any]:
    """Return one page of a list, with the addresses of the others."""
    size = number(fields, "PageSize", PAGE_SIZE, 1, MAX_PAGE_SIZE)
    index = number(fields, "Page", 0, 0, 1_000_000)
    start = index * size
    shown = found[start : start + size]

    def address(at: int) -> str:
        query = {**fields, "PageSize": str(size), "Page": str(at)}
        return str(request.rel_url.with_query(query))

    return {
        key: shown,
        "uri": address(index),
        "first_page_uri": address(0),
        "next_page_uri": address(index + 1) if start + size < len(found) else None,
        "previous_page_uri": address(index - 1) if index else None,
        "page": index,
        "page_size": size,
        "start": start,
        "end": max(start, start + len(shown) - 1),
    }


def call_json(call: Call) -> dict[str, Any]:
    """Return a call as Twilio shows it."""
    uri = f"/{wire.API_VERSION}/Accounts/{call.account_sid}/Calls/{call.sid}"
    known = {
        "sid": call.sid,
        "date_created": _date(call.created_at),
        "date_updated": _date(call.updated_at),
        "account_sid": call.account_sid,
        "to": call.to,
        "to_formatted": call.to,
        "from": call.from_,
        "from_formatted": call.from_,
        "status": call.status.value,
        "start_time": _date(call.answered_at),
        "end_time": _date(call.ended_at),
        "duration": str(call.seconds()) if call.ended_at else None,
        "price_unit": "USD",
        "direction": call.direction,
        "api_version": wire.API_VERSION,
        "queue_time": str(call.queue_ms),
        "uri": f"{uri}.json",
        "subresource_uris": {"recordings": f"{uri}/Recordings.json"},
    }
    return _complete("api.v2010.account.call", known)


def conference_json(account_sid: str, conference: Conference) -> dict[str, Any]:
    """Return a conference as Twilio shows it."""
    uri = f"/{wire.API_VERSION}/Accounts/{account_sid}/Conferences/{conference.sid}"
    known = {
        "account_sid": account_sid,
        "date_created": _date(conference.created_at),
        "date_updated": _date(conference.updated_at),
        "api_version": wire.API_VERSION,
        "friendly_name": conference.name,
        "region": "ie1",
        "sid": conference.sid,
        "status": conference.status.value,
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json"},
        "reason_conference_ended": conference.end_reason.value if conference.end_reason else None,
        "call_sid_ending_conference": conference.ender_sid or None,
    }
    return _complete("api.v2010.account.conference", known)


def participant_json(
    account_sid: str, conference: Conference, participant: Participant
) -> dict[str, Any]:
    """Return a participant as Twilio shows it."""
    uri = (
        f"/{wire.API_VERSION}/Accounts/{account_sid}/Conferences/{conference.sid}"
        f"/Participants/{participant.call_sid}.json"
    )
    known = {
        "account_sid": account_sid,
        "call_sid": participant.call_sid,
        "label": participant.label or None,
        "call_sid_to_coach": participant.call_sid_to_coach or None,
        "coaching": participant.coaching,
        "conference_sid": conference.sid,
        "date_created": _date(participant.created_at),
        "date_updated": _date(participant.updated_at),
        "end_conference_on_exit": participant.end_on_exit,
        "muted": participant.muted,
        "hold": participant.hold,
        "start_conference_on_enter": participant.start_on_enter,
        "status": participant.status.value,
        "queue_time": str(participant.queue_ms),
        "uri": uri,
    }
    return _complete("api.v2010.account.conference.participant", known)


def _complete(schema: str, known: Mapping[str, Any]) -> dict[str, Any]:
    return {name: known.get(name) for name in wire.ANSWER_FIELDS[schema]}


def _date(instant: datetime | None) -> str | None:
    return instant.strftime("%a, %d %b %Y %H:%M:%S +0000") if instant else None
