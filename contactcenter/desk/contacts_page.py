"""The list of contacts: who came, when, how long they waited, and what became of it.

A listener sees those she took, a coordinator all of her lines'. Nobody's name,
number or words are in it.
"""

from uuid import UUID

from aiohttp import web

from config.vocabulary import ContactState
from contactcenter.api.endpoints import services_of
from contactcenter.auth.access import principal_of
from contactcenter.desk.rendering import PAGES

SHOWN = 50
FILTERS = ("", *(state.value for state in ContactState if state is not ContactState.ARRIVING))


async def contacts_page(request: web.Request) -> web.StreamResponse:
    """Answer the list, newest first; an unknown filter or page is as good as none."""
    pages = request.app[PAGES]
    asked = request.query.get("state", "")
    chosen = asked if asked in FILTERS else ""
    found = await services_of(request).contacts.list(
        principal_of(request),
        state=ContactState(chosen) if chosen else None,
        limit=SHOWN,
        before=_id(request.query.get("before", "")),
    )
    return pages.render(
        request,
        "contacts.html",
        title=pages.catalog.t("desk.contacts_title", pages.language(request)),
        staff=principal_of(request),
        here="contacts",
        states=FILTERS,
        chosen=chosen,
        contacts=found.contacts,
        next=found.next,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
