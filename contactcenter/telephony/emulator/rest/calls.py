"""REST acts on calls: list, read, redirect, end."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from contactcenter.telephony.emulator import wire
from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.documents.outcomes import Ask
from contactcenter.telephony.emulator.rest.errors import invalid, not_found, not_in_progress
from contactcenter.telephony.emulator.rest.interface import Fields, Rest, call_json, page


class RestCalls:
    """The Calls resource."""

    def __init__(self, exchange: Exchange) -> None:
        """Act on the calls of `exchange`."""
        self._exchange = exchange

    def routes(self, rest: Rest) -> list[web.RouteDef]:
        """Return the routes of this resource."""
        return [
            rest.route("get", wire.CALLS, self.list),
            rest.route("get", wire.CALL, self.read),
            rest.route("post", wire.CALL, self.update),
        ]

    async def list(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Return calls, newest first; what is too fresh is not listed yet, if so switched."""
        lag = timedelta(seconds=self._exchange.faults.plan.list_lag_seconds)
        horizon = self._exchange.clock.now() - lag
        found = [
            call_json(call)
            for call in reversed(self._exchange.calls.values())
            if call.created_at <= horizon
            and fields.get("Status", call.status) == call.status
            and fields.get("To", call.to) == call.to
            and fields.get("From", call.from_) == call.from_
        ]
        return page(request, fields, "calls", found)

    async def read(self, request: web.Request, fields: Fields) -> dict[str, Any]:  # noqa: ARG002
        """Return one call, over or not."""
        return call_json(self._call(request))

    async def update(self, request: web.Request, fields: Fields) -> dict[str, Any]:
        """Redirect a call in progress to a document, or end a live one."""
        call = self._call(request)
        asked = [name for name in ("Status", "Url", "Twiml") if name in fields]
        if len(asked) != 1:
            raise invalid("Status, Url or Twiml")
        if not call.is_live:
            raise not_in_progress()
        if asked == ["Status"]:
            self._end(call, fields["Status"])
        else:
            self._redirect(call, fields)
        return call_json(call)

    def _end(self, call: Call, status: str) -> None:
        if status not in {"completed", "canceled"}:
            raise invalid("Status")
        if status == "canceled" and call.answered_at is not None:
            raise not_in_progress()
        self._exchange.hang_up(call, by_person=False)

    def _redirect(self, call: Call, fields: Fields) -> None:
        if call.status is not wire.CallStatus.IN_PROGRESS:
            raise not_in_progress()
        method = fields.get("Method", "POST").upper()
        if method not in {"GET", "POST"}:
            raise invalid("Method")
        if "Twiml" in fields:
            call.give(Ask("", document=fields["Twiml"].encode()))
        elif fields["Url"].startswith(("http://", "https://")):
            call.give(Ask(fields["Url"], method))
        else:
            raise invalid("Url")

    def _call(self, request: web.Request) -> Call:
        call = self._exchange.calls.get(request.match_info["Sid"])
        if call is None:
            raise not_found(request.path)
        return call
