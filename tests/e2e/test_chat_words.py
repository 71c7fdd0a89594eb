"""What a child reads on the page of the real service: answered at once, true, with scripts or without."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.kit.browser import chromium
from tests.kit.chat_tab import OVERFLOW, PHONE, picture, tab
from tests.kit.desk_page import AXE, RULES
from tests.kit.engines import DatabaseAddresses
from tests.kit.site import site

BARRIERS = (
    "rules => axe.run(document, { runOnly: rules }).then((r) => r.violations.map((v) => v.id))"
)
pytestmark = pytest.mark.timeout(120)


async def test_a_yes_is_answered_at_once_with_numbers_that_dial_and_again_in_the_talk(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with (
        site(tmp_path, database, redis_url) as centre,
        centre.serving(),
        chromium() as browser,
    ):
        address = f"{centre.ports.public_url}/chat/"
        async with tab(browser, viewport=PHONE, java_script_enabled=False) as page:
            await page.goto(address)
            await expect(page.locator("#start-title")).to_have_text("Tu peux nous écrire")
            assert "est là" not in await page.locator("body").inner_text()
        async with tab(browser, viewport=PHONE) as page:
            await page.goto(address)
            await _says_yes(page)
            await picture(page, "phone-9-answered-yes")
            # Asked as an adult is: in other words, and the numbers stay.
            await page.check("[value=relative]")
            await expect(page.locator("#help-idees_suicidaires")).to_contain_text("restez auprès")
            await page.check("[value=minor]")
            await page.check("[name=answer-en_fugue][value=no]")
            await expect(page.locator("#help-en_fugue")).to_be_hidden()
            await page.locator("#start-form button[type=submit]").last.click()
            line = page.locator(".line.system", has_text="3114")
            await expect(line).to_contain_text("Tu n’as pas à porter ça sans personne")
            await expect(line.locator("[href='tel:3114']")).to_have_text("3114")
            await expect(line.locator("[href='sms:114']")).to_have_text("114")
            assert await page.locator(".line.system", has_text="116 000").count() == 0
            await expect(page.locator("#state")).to_contain_text("pas encore d’écoutant libre")
            await picture(page, "phone-10-answered-in-the-talk")
        async with tab(browser, viewport=PHONE, bypass_csp=True) as page:
            for path, name in (("confidentialite", 11), ("accessibilite", 12), ("tchatt", 13)):
                await page.goto(f"{centre.ports.public_url}/{path}")
                await expect(page.locator("[href='tel:119']")).to_be_visible()
                await expect(page.get_by_role("link", name="Quitter vite")).to_be_visible()
                assert await page.evaluate(OVERFLOW) == 0
                await page.add_script_tag(path=AXE)
                assert await page.evaluate(BARRIERS, RULES) == []
                await picture(page, f"phone-{name}-{path}")
        async with tab(browser, viewport=PHONE, locale="en-GB") as page:
            await page.goto(address)
            await page.click("#start-about > summary")
            await page.check("[name=answer-en_fugue][value=yes]")
            shown = page.locator("#help-en_fugue")
            await expect(shown).to_contain_text("Nobody here will blame you")
            await expect(shown.locator("[href='tel:116000']")).to_be_visible()


async def _says_yes(page: Page) -> None:
    """Answer that one thinks of dying, and that one ran away; each is answered where it is asked."""
    await page.click("#start-about > summary")
    shown = page.locator("#help-idees_suicidaires")
    await expect(shown).to_be_hidden()
    await page.check("[name=answer-idees_suicidaires][value=yes]")
    await expect(shown).to_contain_text("Tu n’as pas à porter ça sans personne")
    await expect(shown.locator("[href='tel:3114']")).to_be_visible()
    await expect(shown.locator("[href='sms:114']")).to_be_visible()
    await page.check("[name=answer-en_fugue][value=yes]")
    away = page.locator("#help-en_fugue")
    await expect(away.locator("[href='tel:116000']")).to_be_visible()
    await expect(away).to_contain_text("Ici, personne ne te fera de reproches")
