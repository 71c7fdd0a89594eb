"""The visitor's page over the whole service: what is in sight, what is kept, what may be sent."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, WebSocket, expect

from tests.kit.desk_page import AXE, RULES
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.site import Site
from tests.kit.until import until
from tests.kit.visitor_page import (
    PHONE,
    STICKS_OUT,
    begun,
    covered,
    page_of,
    same_tab,
    tabs,
    unprovoked,
    visited,
    written,
)

pytestmark = pytest.mark.timeout(180)
STORED = "sessionStorage.getItem('s')"
# A phone, with its keyboard open; a desktop; 1280 × 1024 at 400 % (WCAG 1.4.10).
WINDOWS = ((360, 640), (360, 380), (1366, 768), (320, 256))
IN_SIGHT = ("#exit", "#text", "#lines .line .bubble")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1"
)


async def test_after_thirty_lines_the_exit_the_box_and_the_last_line_are_in_sight(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with (
        visited(tmp_path, database, redis_url, messages_per_minute=600) as (centre, browser),
        listener(centre, "ines", telephone=None) as she,
        tabs(browser, **PHONE) as context,
    ):
        page, errors = await page_of(context, centre)
        await begun(page, "bonjour")
        contact = (await she.accept())["contact_id"]
        for n in range(10):
            await written(page, f"ligne {n}")
            for _ in range(2):
                await she.say(contact, f"réponse {n}, je suis là et je t’écoute")
        await expect(page.locator("#lines .line")).to_have_count(33)  # two greetings, « bonjour »
        await expect(page.locator(".line.sending")).to_have_count(0)
        for width, height in (*WINDOWS, WINDOWS[0]):
            await page.set_viewport_size({"width": width, "height": height})
            await until(lambda: _in_sight(page), 10, saying=f"{width} × {height}")
        await _a_keyboard_that_covers_the_page_hides_nothing(page)
        await page.set_viewport_size({"width": 360, "height": 380})
        await _a_reader_further_up_is_not_pulled_down(page, she, contact)
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        barriers = "rules => axe.run(document, { runOnly: rules }).then((r) => r.violations.map((v) => v.id))"
        assert await page.evaluate(barriers, RULES) == []
        assert unprovoked(errors) == []


async def _in_sight(page: Page, seen: float = 0) -> bool:
    out = max(await page.evaluate(STICKS_OUT))
    return out <= 0 and await covered(page, *IN_SIGHT, seen=seen) == []


async def _a_keyboard_that_covers_the_page_hides_nothing(page: Page) -> None:
    """As on an iPhone: the window stays as high, less of it is seen."""
    for seen in (340, 640):
        await page.evaluate(
            """seen => {
              Object.defineProperty(visualViewport, "height", { get: () => seen, configurable: true });
              visualViewport.dispatchEvent(new Event("resize"));
            }""",
            seen,
        )
        await until(lambda: _in_sight(page, seen), 10, saying=f"{seen} px seen")  # noqa: B023
    await page.evaluate("delete visualViewport.height")
    # Under 16 px a phone would magnify the page.
    sizes = "[...document.querySelectorAll('textarea, select')].map((e) => parseFloat(getComputedStyle(e).fontSize))"
    assert min(await page.evaluate(sizes)) >= 16


async def _a_reader_further_up_is_not_pulled_down(page: Page, she: Listener, contact: str) -> None:
    await until(lambda: _in_sight(page), 10, saying="380 px")
    first = page.locator("#lines .line.visitor").first
    await first.scroll_into_view_if_needed()
    await until(lambda: first.evaluate("e => e.getBoundingClientRect().top > 0"))
    await she.say(contact, "encore un mot")
    await expect(page.locator("#new-lines")).to_be_visible()
    await expect(first).to_be_in_viewport()
    await page.click("#new-lines")
    await until(lambda: _in_sight(page), 10, saying="the newest line")


async def test_what_is_not_stored_yet_outlasts_a_reload_but_not_two_minutes_without_a_sign(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    limits = {"message_max_chars": 300, "messages_per_minute": 600}
    async with (
        visited(tmp_path, database, redis_url, **limits) as (centre, browser),
        tabs(browser) as context,
    ):
        page, errors = await page_of(context, centre)
        sockets: list[WebSocket] = []

        def opened(socket: WebSocket) -> None:
            sockets.append(socket)

        page.on("websocket", opened)
        await begun(page, "le premier")
        await expect(page.locator(".line.visitor.stored")).to_have_count(1)
        await _a_text_of_any_length_or_sign_is_sent_or_refused_by_name(page)
        assert len(sockets) == 1, "no text closes the socket"
        await _unsent_lines_and_draft_come_back(page, centre)
        await _who_brings_the_tab_back_late_finds_nothing(page)
        await _the_key_dies_five_minutes_after_the_end(page, centre)
        await _a_line_refused_for_what_it_is_is_given_back(context, centre)
        assert unprovoked(errors) == []


async def _a_text_of_any_length_or_sign_is_sent_or_refused_by_name(page: Page) -> None:
    lines, trouble = page.locator(".line.visitor.stored .bubble"), page.locator("#text-trouble")
    for invisible in ("\u200b\u2060", "\u2800", "\u3164 \ufeff", "\x00\x01"):
        await _pasted(page, invisible)
        await expect(trouble).to_contain_text("rien à lire")
    await _pasted(page, "a\x00b\ud83dc\n\U0001f642")
    await expect(lines.last).to_have_text("abc\n\U0001f642")
    # The helpline's own limit, counted in signs: an emoji is one.
    await _pasted(page, "\U0001f642" * 300)
    await expect(lines).to_have_count(3)
    sentences = [
        f"Phrase {n} : il ne s’arrête jamais, je ne sais plus quoi faire." for n in range(14)
    ]
    await _pasted(page, " ".join(sentences))
    await expect(trouble).to_contain_text("300 caractères")
    assert await page.input_value("#text") == " ".join(sentences)
    await page.get_by_role("button", name="Envoyer en 4 messages").click()
    await expect(lines).to_have_count(7)
    sent = (await lines.all_text_contents())[3:]
    assert " ".join(sent) == " ".join(sentences)
    assert all(part.endswith(".") and len(part) <= 300 for part in sent)


async def _a_line_refused_for_what_it_is_is_given_back(
    context: BrowserContext, centre: Site
) -> None:
    """As when the helpline lowers its limit while a page lies open."""

    async def generous(route: Route) -> None:
        answer = await route.fetch()
        body = (await answer.text()).replace('"most_characters": 300', '"most_characters": 900')
        await route.fulfill(response=answer, body=body)

    await context.route("**/chat/", generous)
    page, errors = await page_of(context, centre)
    await begun(page)
    await written(page, "a" * 301)
    await page.locator(".line.visitor.failed").get_by_role("button", name="Modifier").click()
    await expect(page.locator(".line.visitor")).to_have_count(0)
    await expect(page.locator("#text")).to_have_value("a" * 301)
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.visitor.stored")).to_have_count(1)
    assert unprovoked(errors) == []


async def _pasted(page: Page, text: str) -> None:
    """Put a text into the box as it is, as a paste does, and press Enter."""
    await page.evaluate(
        """units => {
          const box = document.getElementById("text");
          box.value = String.fromCharCode(...units);
          box.dispatchEvent(new Event("input", { bubbles: true }));
          box.focus();
        }""",
        list(memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")),
    )
    await page.keyboard.press("Enter")


async def _unsent_lines_and_draft_come_back(page: Page, centre: Site) -> None:
    url, context = page.url, page.context
    await context.set_offline(True)
    # Said at once by the device, long before a socket dies of it.
    await expect(page.locator("#link")).to_contain_text("n’a plus de réseau")
    await expect(page.locator("body")).to_have_class("talking cut")
    for text in ("je t’écris du bus", "tu me lis ?"):
        await written(page, text)
    await page.fill("#text", "et puis")
    await expect(page.locator(".line.visitor.sending")).to_have_count(2)
    await page.goto("about:blank")  # as a phone discards a tab
    await context.set_offline(False)
    await page.goto(url)
    await expect(page.locator(".line.visitor.stored")).to_have_count(9)
    texts = await page.locator(".line.visitor .bubble").all_text_contents()
    assert texts[-2:] == ["je t’écris du bus", "tu me lis ?"]
    assert await page.input_value("#text") == "et puis"
    assert await centre.value("SELECT count(*) FROM message WHERE sender = 'visitor'") == 9
    kept = await page.evaluate(STORED)
    assert "du bus" not in kept, "a stored line is kept no longer"
    assert await page.evaluate("localStorage.length") == 0
    assert await context.cookies() == []


async def _who_brings_the_tab_back_late_finds_nothing(page: Page) -> None:
    stored = await page.evaluate(STORED)
    for seconds, shown in ((60, "#talk"), (150, "#start")):
        back = await same_tab(page.context, stored, seconds)
        await back.goto(page.url)
        await expect(back.locator(shown)).to_be_visible()
        assert (await back.evaluate(STORED) is None) == (shown == "#start")
        if shown == "#talk":
            # Kept in the browser's memory for as long: « back » does not bring it back either.
            await back.evaluate(
                """() => {
                  const now = Date.now; Date.now = () => now() + 150000;
                  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
                }"""
            )
            await expect(back.locator("#start")).to_be_visible()
        await back.close()


async def _the_key_dies_five_minutes_after_the_end(page: Page, centre: Site) -> None:
    stored = await page.evaluate(f"JSON.parse({STORED})")
    await page.click("#leave")
    await page.click("#leave-yes")
    await expect(page.locator("#over")).to_be_visible()
    assert await page.evaluate("sessionStorage.length") == 0
    asked = f"{centre.ports.public_url}/chat/conversations/{stored['conversation_id']}/messages"
    headers = {"Authorization": f"Bearer {stored['token']}"}
    for minutes, status in ((4, 200), (2, 401)):
        await centre.run(f"UPDATE contact SET ended_at = ended_at - interval '{minutes} minutes'")
        answer = await page.request.get(asked, headers=headers)
        assert answer.status == status


async def test_the_first_screen_is_a_box_to_write_in_and_stays_true(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with visited(tmp_path, database, redis_url) as (centre, browser):
        async with tabs(browser, user_agent=IPHONE, **PHONE) as context:
            page, errors = await page_of(context, centre)
            await _the_box_comes_first_and_the_numbers_are_for_thumbs(page)
            await _only_the_way_out_stays_while_the_page_scrolls(page)
            await _the_help_fits_the_device(page)
            await _another_language_keeps_what_was_given(page)
            assert unprovoked(errors) == []
        await _what_it_says_of_who_answers_stays_true(centre, browser)


async def _the_box_comes_first_and_the_numbers_are_for_thumbs(page: Page) -> None:
    bottoms = "['first', 'start-button'].map((i) => document.getElementById(i).getBoundingClientRect().bottom)"
    assert max(await page.evaluate(bottoms)) < 600
    assert await covered(page, "#first", "#start-button", "#exit", ".danger [href='tel:119']") == []
    numbers = await page.evaluate(
        """() => [...document.querySelectorAll(".danger a, .danger summary")]
          .filter((e) => e.checkVisibility()).map((e) => {
            const box = e.getBoundingClientRect();
            return [e.innerText.replace(/\\s+/g, " ").trim(), Math.min(box.width, box.height)];
          })"""
    )
    assert [words.split()[0] for words, _ in numbers] == ["119", "112", "114", "+"]
    assert all(len(words.split()) > 1 and size >= 44 for words, size in numbers)
    await page.click(".danger summary")
    await expect(page.locator(".danger [href='tel:17']")).to_be_visible()
    await page.click(".danger summary")
    await expect(page.locator("[name=audience]").first).to_be_hidden()


async def _only_the_way_out_stays_while_the_page_scrolls(page: Page) -> None:
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect(page.locator(".danger")).not_to_be_in_viewport()
    await expect(page.locator("#languages")).not_to_be_in_viewport()
    assert await covered(page, "#exit") == []
    await page.evaluate("scrollTo(0, 0)")


async def _the_help_fits_the_device(page: Page) -> None:
    said = await page.inner_text("body")
    assert "Maj" not in said
    assert "Touche" in said
    # Safari on a telephone, and nobody else's way.
    await expect(page.locator("#erase")).to_contain_text("Touche le livre")


async def _another_language_keeps_what_was_given(page: Page) -> None:
    await page.fill("#first", "Il me fait peur")
    await page.click("#start-about > summary")
    await page.check("[name=audience][value=minor]")
    await page.check("[name=answer-en_fugue][value=yes]")
    await page.select_option("#department", "2A")
    await page.click("[hreflang=en]")
    await expect(page.locator("#exit")).to_contain_text("Leave quickly")
    await expect(page.locator("[name=answer-en_fugue][value=yes]")).to_be_checked()
    await expect(page.locator("[name=audience][value=minor]")).to_be_checked()
    assert await page.input_value("#department") == "2A"
    assert await page.input_value("#first") == "Il me fait peur"
    await page.click("#start-button")
    await expect(page.locator(".line.visitor.stored")).to_contain_text("Il me fait peur")
    assert "Il me fait peur" not in str(await page.evaluate(STORED))
    exit_, leave = await page.evaluate(
        "['exit', 'leave'].map((i) => document.getElementById(i).getBoundingClientRect()).map((b) => [b.top, b.bottom])"
    )
    assert leave[0] - exit_[1] > 44, "« Finir » is not where « Quitter vite » is looked for"
    await page.click("#leave")
    await page.click("#leave-yes")


async def _what_it_says_of_who_answers_stays_true(centre: Site, browser: Browser) -> None:
    async with tabs(browser) as context:
        page, errors = await page_of(context, centre)
        await page.fill("#first", "je réfléchis")
        title = page.locator("#start-title")
        before = await title.text_content()
        async with listener(centre, "ines", telephone=None):

            async def told() -> bool:
                await page.evaluate("dispatchEvent(new Event('focus'))")
                return await title.text_content() != before

            await until(told, 20, every=0.3, saying="that somebody is there")
            assert await page.input_value("#first") == "je réfléchis"
        await context.set_offline(True)
        await page.click("#start-button")
        await expect(page.locator("#start-trouble")).to_contain_text("n’a plus de réseau")
        assert unprovoked(errors) == []
