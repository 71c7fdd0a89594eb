"""The chat page in a real browser, over the real gateway and HTTP routes. Pictures are kept."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from chat.widget.page import PageTerms
from config.vocabulary import Audience, EndedBy
from tests.kit.browser import chromium
from tests.kit.cable import DOWN, UP, cable_to
from tests.kit.chat_site import ChatSite
from tests.kit.chat_tab import (
    DESK,
    OVERFLOW,
    PHONE,
    neutral_site,
    picture,
    served,
    shown,
    started,
    tab,
    write,
)
from tests.kit.until import until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with neutral_site() as exit_url, served(terms=PageTerms(exit_url=exit_url)) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("phone", {"viewport": PHONE}),
        ("desk", {"viewport": DESK}),
        ("dark", {"viewport": PHONE, "color_scheme": "dark"}),
    ],
)
async def test_a_whole_talk_by_keyboard_alone(
    site: ChatSite, browser: Browser, name: str, options: dict[str, object]
) -> None:
    async with tab(browser, **options) as page:
        site.centre.greets = True
        await page.goto(f"{site.public_url}/chat/")
        await picture(page, f"{name}-1-start")
        for _ in range(20):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement.id") == "first":
                break
        for key in ("Tab", "Tab", "Enter", "Tab"):  # past « start », to what may be said besides
            await page.keyboard.press(key)
        assert await page.evaluate("document.activeElement.name") == "audience"
        await page.keyboard.press("ArrowDown")  # from « not said », the last, to the first
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")  # yes, in danger
        await expect(page.get_by_role("alert").filter(has_text="le 17 ou le 112")).to_be_visible()
        await picture(page, f"{name}-1-danger")
        await page.keyboard.press("ArrowRight")  # no
        await expect(page.locator("#help-danger_maintenant")).to_be_hidden()
        # Past the second question, yes to the third, and past the number that it is answered with.
        for key in ("Tab", "Tab", "Space", "Tab", "Tab"):
            await page.keyboard.press(key)
        await page.keyboard.type("59")
        for key in ("Tab", "Tab", "Enter"):  # past what one may need
            await page.keyboard.press(key)
        await expect(page.locator("#text")).to_be_focused()
        ((contact_id, talk),) = site.centre.talks.items()
        assert (talk.opening.audience, talk.opening.department) == (Audience.MINOR, "59")
        assert talk.opening.answers == {"danger_maintenant": False, "en_fugue": True}
        site.centre.wait_is(contact_id, 230)
        await expect(page.locator("#state")).to_contain_text("environ 4 min")
        await page.keyboard.type("Bonjour, je ne sais pas comment commencer")
        await page.keyboard.press("Enter")
        await expect(page.locator(".line.visitor.stored")).to_contain_text("Envoyé")
        await picture(page, f"{name}-2-waiting")
        site.centre.accept(contact_id)
        await expect(page.locator("#state")).to_have_text("Quelqu’un est là pour toi.")
        site.centre.listener_says(contact_id, "Bonjour, je suis écoutant. On va prendre le temps.")
        await expect(page.get_by_role("log")).to_contain_text("On va prendre le temps")
        await page.keyboard.type("C’est pour ma sœur.")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("Elle a 15 ans.")
        await page.keyboard.press("Enter")
        await until(lambda: len(talk.lines) == 5)
        assert talk.lines[-1].text == "C’est pour ma sœur.\nElle a 15 ans."
        await until(lambda: talk.typings > 0)
        site.centre.listener_types(contact_id)
        await expect(page.locator("#typing")).to_contain_text("écrit")
        await picture(page, f"{name}-3-talk")
        for key in ("Shift+Tab", "Shift+Tab"):  # back over the log
            await page.keyboard.press(key)
        assert await page.evaluate("document.activeElement.id") == "leave"
        await page.keyboard.press("Enter")
        await expect(page.locator("#leave-no")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.locator("#over")).to_be_focused()
        await picture(page, f"{name}-4-over")
        assert talk.ended_by is EndedBy.CORRESPONDENT
        assert talk.left_quickly is False
        assert await page.evaluate("sessionStorage.length") == 0
        assert await page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("way", ["button", "shift"])
async def test_quick_exit_wipes_tells_and_leaves_no_way_back(
    site: ChatSite, browser: Browser, way: str
) -> None:
    async with tab(browser) as page:
        await page.goto("about:blank")
        await page.goto(f"{site.public_url}/chat/")
        await page.click("[hreflang=en]")
        await page.click("[hreflang=fr]")
        await expect(page.locator("#exit")).to_contain_text("Quitter vite")
        await page.click("#start-button")
        ((contact_id, talk),) = await until(site.centre.talks.items)
        await write(page, "secret")
        await until(lambda: site.centre.texts(contact_id) == ["secret"])
        if way == "button":
            await page.click("#exit")
        else:
            for _ in range(2):
                await page.keyboard.press("Shift")
            await expect(page.locator("#exit-count")).to_contain_text("1 fois")
            await page.keyboard.press("Shift")
        await page.wait_for_url("http://127.0.0.1:*/")
        assert await page.title() == "Météo"
        await until(lambda: talk.ended_by is EndedBy.CORRESPONDENT)
        assert talk.left_quickly is True
        await page.go_back()
        assert page.url == "about:blank"
        await page.goto(f"{site.public_url}/chat/")
        assert await page.evaluate("sessionStorage.length") == 0
        await expect(page.locator("#start")).to_be_visible()


async def test_quick_exit_works_on_the_start_page_and_when_the_service_is_down(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser) as page:
        await page.goto(f"{site.public_url}/chat/")
        await page.click("#exit")
        await expect(page).to_have_title("Météo")
        await started(page, site)
        site.centre.fault.down = True
        await page.click("#exit")
        await expect(page).to_have_title("Météo")
        site.centre.fault.down = False


async def test_writing_capitals_does_not_exit(site: ChatSite, browser: Browser) -> None:
    async with tab(browser) as page:
        contact_id = await started(page, site)
        await page.keyboard.type("AU SECOURS")
        for letter in ("A", "B", "C", "D"):
            await page.keyboard.press(f"Shift+{letter}")
        await page.keyboard.press("Enter")
        await until(lambda: site.centre.texts(contact_id) == ["AU SECOURSABCD"])


async def test_a_reload_resumes_in_the_same_tab_and_another_tab_knows_nothing(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser) as page:
        contact_id = await started(page, site)
        await write(page, "au secours")
        site.centre.accept(contact_id)
        site.centre.listener_says(contact_id, "deux")
        await expect(page.locator("#lines .bubble")).to_have_count(2)
        await page.reload()
        await expect(page.locator("#lines .bubble")).to_have_count(2)
        assert await shown(page) == ["au secours", "deux"]
        assert len(site.centre.talks) == 1
        stored = await page.evaluate("JSON.stringify([sessionStorage, localStorage])")
        assert "secours" not in stored
        assert await page.context.cookies() == []
        other = await page.context.new_page()
        await other.goto(f"{site.public_url}/chat/")
        await expect(other.locator("#start")).to_be_visible()


async def test_words_are_shown_as_words_whatever_they_hold(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser) as page:
        contact_id = await started(page, site)
        attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        site.centre.listener_says(contact_id, attack)
        await write(page, attack)
        await expect(page.locator("#lines .bubble")).to_have_count(2)
        assert await shown(page) == [attack, attack]
        assert await page.locator("#lines img, #lines script").count() == 0


async def test_adults_are_spoken_to_as_vous(site: ChatSite, browser: Browser) -> None:
    async with tab(browser) as page:
        await page.goto(f"{site.public_url}/chat/")
        await page.click("#start-about > summary")
        await expect(page.locator("legend").first).to_contain_text("Qui es-tu")
        await page.check("[value=relative]")
        await expect(page.locator("legend").first).to_contain_text("Qui êtes-vous")
        await expect(page.locator("legend").nth(1)).to_contain_text("Un enfant est-il en danger")
        await expect(page.locator("h1").first).to_have_text("Quelqu’un est là pour vous écouter")
        await page.click("#start-button")
        site.centre.accept(next(iter(await until(lambda: site.centre.talks))))
        await expect(page.locator("#state")).to_have_text("Quelqu’un est là pour vous.")


async def test_the_page_speaks_english_too(site: ChatSite, browser: Browser) -> None:
    async with tab(browser) as page:
        await page.goto(f"{site.public_url}/chat/")
        await page.click("[hreflang=en]")
        await expect(page.locator("#exit")).to_contain_text("Leave quickly")
        await page.click("#start-button")
        (talk,) = await until(lambda: [*site.centre.talks.values()])
        assert talk.opening.language == "en"


async def test_the_listener_ending_leaves_the_talk_to_be_read(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser) as page:
        contact_id = await started(page, site)
        site.centre.accept(contact_id)
        site.centre.listener_says(contact_id, "au revoir")
        site.centre.end(contact_id)
        await expect(page.locator("#over")).to_contain_text("Merci de nous avoir parlé")
        assert await shown(page) == ["au revoir"]
        await page.click("#again")
        await expect(page.locator("#start")).to_be_visible()
        await expect(page.locator("#lines .bubble")).to_have_count(0)


async def test_a_cut_loses_and_doubles_nothing(browser: Browser) -> None:
    port = 0
    async with (
        cable_to(lambda: port) as cable,
        served(socket_url=f"ws://127.0.0.1:{cable.port}/chat/socket") as site,
        tab(browser) as page,
    ):
        port = site.gateway.port
        contact_id = await started(page, site)
        talk = site.centre.talks[contact_id]
        for n in range(3):
            await until(lambda: talk.sockets == 1)
            await write(page, f"v{n}")
            cable.cut()
            site.centre.listener_says(contact_id, f"l{n}")
            await until(lambda: len(talk.lines) == 2 * n + 2)  # noqa: B023
        await expect(page.locator("#lines .bubble")).to_have_count(6)
        assert await shown(page) == site.centre.texts(contact_id)
        await expect(page.locator(".line.visitor.stored")).to_have_count(3)


async def test_a_phone_that_wakes_does_not_believe_its_dead_socket(browser: Browser) -> None:
    port = 0
    async with (
        cable_to(lambda: port) as cable,
        served(socket_url=f"ws://127.0.0.1:{cable.port}/chat/socket") as site,
        tab(browser) as page,
    ):
        port = site.gateway.port
        contact_id = await started(page, site)
        await until(lambda: site.centre.talks[contact_id].sockets == 1)
        site.centre.listener_says(contact_id, "avant")
        await expect(page.locator("#lines .bubble")).to_have_count(1)
        cable.swallows = {UP, DOWN}  # the connection dies; nobody is told
        site.centre.listener_says(contact_id, "pendant")
        await write(page, "au réveil")
        await page.evaluate("dispatchEvent(new Event('online'))")
        cable.swallows = set()
        # What was swallowed is gone for good: only a new socket can bring it.
        await expect(page.locator("#lines .bubble")).to_have_count(3, timeout=40_000)
        assert (
            await shown(page) == site.centre.texts(contact_id) == ["avant", "pendant", "au réveil"]
        )


async def test_when_no_socket_passes_the_talk_goes_by_http_and_says_so(browser: Browser) -> None:
    port = 0
    async with (
        cable_to(lambda: port) as cable,
        served(socket_url=f"ws://127.0.0.1:{cable.port}/chat/socket") as site,
        tab(browser) as page,
    ):
        port = site.gateway.port
        cable.refuses = True
        contact_id = await started(page, site)
        for n in range(3):
            await write(page, f"v{n}")
        site.centre.accept(contact_id)
        await until(lambda: len(site.centre.texts(contact_id)) == 3, 15)
        site.centre.listener_says(contact_id, "par la poste")
        await expect(page.locator("#lines .bubble")).to_have_count(4)
        assert await shown(page) == ["v0", "v1", "v2", "par la poste"]
        await expect(page.locator("#link")).to_contain_text("lente")
        await expect(page.locator(".line.visitor.stored")).to_have_count(3)
        cable.refuses = False
        await page.evaluate("dispatchEvent(new Event('online'))")
        await until(lambda: site.centre.talks[contact_id].sockets == 1)
        await expect(page.locator("#link")).to_be_hidden()
        await write(page, "v3")
        await until(lambda: site.centre.texts(contact_id)[-1] == "v3")


async def test_a_line_not_stored_has_no_tick_and_gets_one_once_it_is(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser) as page:
        contact_id = await started(page, site)
        site.centre.fault.down = True
        await write(page, "un")
        await write(page, "deux")
        await expect(page.locator(".line.visitor.sending")).to_have_count(2)
        assert site.centre.texts(contact_id) == []
        site.centre.fault.down = False
        await expect(page.locator(".line.visitor.stored")).to_have_count(2)
        assert site.centre.texts(contact_id) == ["un", "deux"]
        assert await shown(page) == ["un", "deux"]


async def test_a_text_too_long_is_kept_and_explained(site: ChatSite, browser: Browser) -> None:
    async with tab(browser) as page:
        await started(page, site)
        await write(page, "a" * 2001)
        await expect(page.locator("#text-trouble")).to_contain_text("trop long")
        assert len(await page.input_value("#text")) == 2001
        await page.keyboard.press("Backspace")
        await expect(page.locator("#text-trouble")).to_contain_text("reste 0")
        await page.keyboard.press("Enter")
        await expect(page.locator(".line.visitor.stored")).to_have_count(1)
