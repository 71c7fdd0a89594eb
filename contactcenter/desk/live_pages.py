"""The pages that move by themselves beside the desk: supervision, the wallboard, the follow-ups.

Each is an empty page with its words, its lists and its module; what it shows
it reads from the API and hears on the live socket, as any program of the staff.
"""

from dataclasses import dataclass

from aiohttp import web

from contactcenter.auth.access import Access, add_route, needs, principal_of
from contactcenter.desk.page_content import IMPORT_MAP, floor_content
from contactcenter.desk.rendering import PAGES, json_for_page
from records.policy import Right


@dataclass(frozen=True)
class LivePage:
    """A page: its path, what it asks of whoever opens it, and its files under /static/."""

    name: str
    path: str
    access: Access
    module: str
    sheet: str

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer the page in the reader's language."""
        pages = request.app[PAGES]
        language = pages.language(request)
        return pages.render(
            request,
            "live.html",
            title=pages.catalog.t(f"desk.{self.name}_title", language),
            staff=principal_of(request),
            here=self.name,
            module=self.module,
            sheet=self.sheet,
            import_map=json_for_page(IMPORT_MAP),
            page_json=json_for_page(floor_content(pages, language)),
        )


LIVE_PAGES = (
    LivePage(
        "supervision",
        "/supervision",
        needs(Right.SUPERVISE),
        "supervision/supervision.js",
        "supervision/supervision.css",
    ),
    LivePage(
        "wallboard",
        "/wallboard",
        needs(Right.QUEUES_READ),
        "wallboard/wallboard.js",
        "wallboard/wallboard.css",
    ),
    LivePage(
        "follow_ups",
        "/follow-ups",
        needs(Right.FOLLOW_UP_READ),
        "follow-ups/follow-ups.js",
        "follow-ups/follow-ups.css",
    ),
)


def add_live_pages(app: web.Application) -> None:
    """Add them to the staff port."""
    for page in LIVE_PAGES:
        add_route(
            app, "GET", page.path, page.__call__, access=page.access, name=f"desk.{page.name}"
        )
