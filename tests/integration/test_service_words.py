"""What is said to who comes in, over the wire: in their language, and true."""

import re
from pathlib import Path

import aiohttp

from tests.kit.engines import DatabaseAddresses
from tests.kit.site import site


async def test_a_tag_s_region_and_case_never_change_the_language_answered(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with (
        site(tmp_path, database, redis_url) as centre,
        centre.serving(),
        aiohttp.ClientSession(centre.ports.public_url) as http,
    ):
        for tag, browser, language in (
            ("en-GB", "", "en"),
            ("en_US", "fr", "en"),
            ("EN", "", "en"),
            ("fr-FR", "en", "fr"),
            ("", "en-AU,en;q=0.9,fr;q=0.1", "en"),
            ("ar", "", "fr"),
            ("ar-EG", "de, en;q=0.4", "en"),
        ):
            asked = {"headers": {"Accept-Language": browser}}
            async with http.get(f"/chat/?lang={tag}", **asked) as answer:
                html = await answer.text()
            assert re.findall(r'<html[^>]*lang="([^"]*)"', html) == [language], (tag, browser)
            for path in ("openings", "state"):
                async with http.get(f"/chat/{path}?language={tag}", **asked) as answer:
                    assert (await answer.json())["language"] == language, (path, tag, browser)
        for tag, browser, language in (
            ("en-GB", "fr", "en"),
            ("EN", "", "en"),
            ("fr-FR", "en", "fr"),
            (None, "en-US", "en"),
            ("pt-BR", "", "fr"),
        ):
            body, browsers = {"language": tag}, {"Accept-Language": browser}
            async with http.post("/chat/conversations", json=body, headers=browsers) as answer:
                assert answer.status == 201, (tag, await answer.text())
                contact_id = (await answer.json())["conversation_id"]
            said = "SELECT language FROM contact WHERE contact_id = $1"
            assert (await centre.rows(said, contact_id))[0]["language"] == language, tag
        for nonsense in (7, "en GB", "e" * 99):
            async with http.post("/chat/conversations", json={"language": nonsense}) as answer:
                assert answer.status == 422
