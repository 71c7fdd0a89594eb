"""What each role's pages say and lead to, and what the desk closes with; in a real browser."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from config.clock import SystemClock
from tests.kit.browser import chromium, page_errors
from tests.kit.desk_page import DeskPage
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener, signed_in
from tests.kit.service import ROOT
from tests.kit.site import Site, site

PICTURES = ROOT / "artifacts" / "desk"
pytestmark = pytest.mark.timeout(150)
ROLES = {"alix": "administrator", "dora": "data_officer", "anna": "analyst"}
LOCALES = {"alix": "fr-FR", "dora": "en-GB", "anna": "fr-FR"}
SIZES = {"wide": (1366, 768), "small": (800, 600), "zoomed-400": (320, 256)}
TITLE = {"fr-FR": "Votre compte", "en-GB": "Your account"}


@asynccontextmanager
async def desk_of(browser: Browser, who: Listener, locale: str) -> AsyncIterator[DeskPage]:
    """Open a browser in this person's own session, on no page yet."""
    context = await browser.new_context(
        locale=locale,
        viewport={"width": 1366, "height": 768},
        permissions=["microphone"],
        extra_http_headers=who.headers,
    )
    # Nobody calls here, and nothing outside is reached: the carrier's own script stays away.
    await context.route("**/twilio.min.js", lambda route: route.abort())
    page = await context.new_page()
    try:
        yield DeskPage(page, page_errors(page), PICTURES)
    finally:
        await context.close()


async def test_pages_follow_roles_and_the_desk_closes_what_has_no_case(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        place = await enter(site(tmp_path, database, redis_url, "ines", "jeanne", *ROLES))
        for login, role in {**ROLES, "jeanne": "coordinator"}.items():
            await place.run(f"UPDATE staff SET role = '{role}' WHERE login = '{login}'")
        await enter(place.serving())
        browser = await enter(chromium())
        http = await enter(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        for login in ROLES:
            who = await signed_in(http, place.ports.staff_url, login, place.credentials[login])
            async with desk_of(browser, who, LOCALES[login]) as desk:
                await _has_a_true_page(desk, place, login)
        ines = await enter(listener(place, "ines", telephone=None))
        async with desk_of(browser, ines, "en-GB") as desk:
            await _hands_outside(desk, place, ines)
            await _closes_advice(desk, place, ines)
            await _sees_what_was_agreed(desk, place)
            assert [each for each in desk.refused() if "wilio" not in each] == []
        staff_url = place.ports.staff_url
        jeanne = await signed_in(http, staff_url, "jeanne", place.credentials["jeanne"])
        async with desk_of(browser, jeanne, "en-GB") as desk:
            await _reads_pages_in_one_language(desk, place)


async def _has_a_true_page(desk: DeskPage, place: Site, login: str) -> None:
    """Who they are and what their role may do, without a barrier; every link opens."""
    role, staff_url = ROLES[login], place.ports.staff_url
    await desk.page.goto(f"{staff_url}/")
    await expect(desk.page.locator("h1")).to_have_text(TITLE[LOCALES[login]])
    await expect(desk.page.locator("dl.facts")).to_contain_text(login.capitalize())
    assert await desk.page.locator("dl.commands").count() == (role == "administrator")
    assert await desk.barriers() == [], role
    for name, (width, height) in SIZES.items():
        await desk.page.set_viewport_size({"width": width, "height": height})
        assert await desk.overflow() <= 0, (role, name)
        await desk.picture(f"role-{role}-{name}")
    await desk.tab_to("form[action='/signout'] button")
    links = await desk.page.locator("a[href^='/']").all()
    paths = {str(await each.get_attribute("href")) for each in links}
    assert paths == ({"/", "/cases"} if role == "data_officer" else {"/"})
    for path in sorted(paths):
        answer = await desk.page.goto(staff_url + path)
        assert answer is not None
        assert answer.status == 200, (role, path)
    assert desk.errors == [], role


async def _a_chat(place: Site, ines: Listener, **values: object) -> str:
    """Let a relative write, be answered and leave; the write-up is begun."""
    url = f"{place.ports.public_url}/chat/conversations"
    async with ines.http.post(url, json={"audience": "relative"}) as answer:
        assert answer.status == 201
    contact_id: str = (await ines.accept())["contact_id"]
    await ines.did("POST", f"contacts/{contact_id}/end")
    await ines.did("PUT", f"contacts/{contact_id}/form", values=values, revision=0)
    return contact_id


async def _hands_outside(desk: DeskPage, place: Site, ines: Listener) -> None:
    contact_id = await _a_chat(place, ines, qualification="information_preoccupante")
    page = desk.page
    await page.goto(f"{place.ports.staff_url}/")
    await page.locator("#way-outside").click()
    await desk.until_focused("#handed-to")
    await expect(page.locator("#close-treated")).to_have_count(0)
    await page.locator("#handed-to").select_option("police_17")
    assert await desk.barriers() == []
    await desk.picture("closing-outside")
    await page.locator("#close-outside").click()
    await expect(page.locator("#closing")).to_have_count(0)
    closed = await ines.did("GET", f"contacts/{contact_id}")
    assert (closed["state"], closed["disposition"]) == ("closed", "handed_outside")
    assert (closed["non_content_code"], closed["cases"]) == (None, [])
    assert closed["form"]["values"]["handed_to"] == "police_17"


async def _closes_advice(desk: DeskPage, place: Site, ines: Listener) -> None:
    """Nobody is in danger: no case is asked for; what was promised is owed."""
    await ines.declare("ready")
    day = (SystemClock().now() + timedelta(days=30)).date().isoformat()
    contact_id = await _a_chat(
        place,
        ines,
        qualification="conseil",
        callback_agreed=True,
        callback_day=day,
        callback_safely="after 5 pm, say Camille",
        debrief="echange",
    )
    await desk.page.goto(f"{place.ports.staff_url}/")
    await expect(desk.page.locator("#case-spared")).to_be_visible()
    await desk.picture("closing-advice")
    await desk.page.locator("#close-treated").click()
    await expect(desk.page.locator("#closing")).to_have_count(0)
    closed = await ines.did("GET", f"contacts/{contact_id}")
    assert (closed["state"], closed["disposition"], closed["cases"]) == ("closed", "treated", [])


async def _sees_what_was_agreed(desk: DeskPage, place: Site) -> None:
    page = desk.page
    await page.goto(f"{place.ports.staff_url}/follow-ups")
    rows = page.locator("tr[data-follow-up]")
    await expect(rows).to_have_count(2)
    callback = rows.filter(has_text="Callback agreed")
    await expect(callback).to_contain_text("after 5 pm, say Camille")
    await expect(callback).to_contain_text("Planned callbacks")
    await expect(callback).to_contain_text("Ines")
    talk = rows.filter(has_text="A talk with the coordination")
    await expect(talk.locator("button")).to_have_count(0)
    assert await desk.barriers() == []
    await desk.picture("follow-ups-owed")
    await callback.locator("button.release").click()
    await expect(callback).to_contain_text("nobody")


async def _reads_pages_in_one_language(desk: DeskPage, place: Site) -> None:
    """Queues, days and empty lists are in the page's language, and each day is written one way."""
    page, now = desk.page, SystemClock().now()
    await page.goto(f"{place.ports.staff_url}/contacts")
    row = page.locator("tbody tr").first
    await expect(row).to_contain_text("Parent or relative")
    await expect(row.locator("time")).to_contain_text(f"{now:%B %Y}")
    await page.goto(f"{place.ports.staff_url}/cases")
    await expect(page.locator("[role=status]")).to_contain_text("No case to show you yet")
    await page.goto(f"{place.ports.staff_url}/follow-ups")
    await expect(page.locator("#follow-ups")).to_contain_text("Planned callbacks")
