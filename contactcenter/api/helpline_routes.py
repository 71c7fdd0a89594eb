"""The forms and the closed lists that a contact is written up with."""

import re

from aiohttp import web

from config.errors import NotFound
from config.helpline.helpline import Helpline
from contactcenter.api.endpoints import Endpoint, answer, services_of
from contactcenter.auth.access import needs, principal_of
from contactcenter.centre.list_views import FormDefinitionView, HelplineView
from contactcenter.centre.staff.helpline_views import helpline_view
from records.policy import Right

FORM_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
HELPLINE = web.AppKey("helpline", Helpline)


async def _helpline(request: web.Request) -> web.StreamResponse:
    return answer(helpline_view(request.app[HELPLINE]))


async def _form(request: web.Request) -> web.StreamResponse:
    form_id, version = request.match_info["form_id"], request.match_info["form_version"]
    # What cannot be an id names nothing, and may hold what no database text can (U+0000).
    if not FORM_ID.fullmatch(form_id):
        raise NotFound
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        raise NotFound
    form = await services_of(request).forms.definition(principal_of(request), form_id, int(version))
    return answer(form)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/helpline",
        "helpline.read",
        "The line's queues, dispositions, codes, départements and present form",
        needs(Right.QUEUES_READ),
        _helpline,
        answer=HelplineView,
    ),
    Endpoint(
        "GET",
        "/forms/{form_id}/{form_version}",
        "forms.read",
        "A form as it was at one version",
        needs(Right.CONTACT_READ),
        _form,
        answer=FormDefinitionView,
        problems=("not_found",),
    ),
)
