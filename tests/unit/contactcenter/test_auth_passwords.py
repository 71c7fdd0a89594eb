"""Password hashes: argon2id in threads, a bounded number at once."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator

import pytest

from config.errors import InvalidInput, TooMuch
from contactcenter.auth.passwords import Passwords

PASSWORD = "une phrase de passe"


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    async with Passwords(memory_kib=64, passes=1) as made:
        yield made


async def test_a_password_matches_its_own_hash_only(passwords: Passwords) -> None:
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert await passwords.matches(stored, PASSWORD)
    assert not await passwords.matches(stored, PASSWORD + "x")
    assert await passwords.hash(PASSWORD) != stored


@pytest.mark.parametrize("stored", [None, "", "not a hash", "$argon2id$v=19$m=64"])
async def test_an_absent_or_broken_hash_matches_nothing(
    passwords: Passwords, stored: str | None
) -> None:
    assert not await passwords.matches(stored, "nobody has this password")


@pytest.mark.parametrize("password", ["", "x" * 11, "x" * 257])
async def test_a_password_too_short_or_too_long_is_refused(
    passwords: Passwords, password: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await passwords.hash(password)
    assert refusal.value.code == "weak_password"
    assert refusal.value.field == "password"


async def test_a_long_password_never_matches_by_its_beginning(passwords: Passwords) -> None:
    stored = await passwords.hash("x" * 256)
    assert not await passwords.matches(stored, "x" * 300)


async def test_a_flood_is_refused_rather_than_queued_without_end() -> None:
    async with Passwords(memory_kib=64, passes=1, concurrency=1, waiting=2) as passwords:
        asked = await asyncio.gather(
            *(passwords.matches(None, PASSWORD) for _ in range(20)), return_exceptions=True
        )
        refused = [one for one in asked if isinstance(one, TooMuch)]
        assert len(refused) == 17
        assert {one.code for one in refused} == {"busy"}
        assert await passwords.matches(None, PASSWORD) is False


async def test_a_caller_who_leaves_still_counts_until_the_thread_is_done() -> None:
    async with Passwords(memory_kib=64 * 64, passes=4, concurrency=1, waiting=0) as passwords:
        leaving = asyncio.ensure_future(passwords.matches(None, PASSWORD))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(TooMuch):
            await passwords.matches(None, PASSWORD)
        with pytest.raises(asyncio.CancelledError):
            await leaving


async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    async with Passwords(concurrency=1) as passwords:
        judged = asyncio.ensure_future(passwords.matches(None, PASSWORD))
        turns = 0
        while not judged.done():
            turns += 1
            await asyncio.sleep(0.001)
        assert turns > 3


async def test_a_password_is_the_same_in_every_form_that_keyboards_give_it(
    passwords: Passwords,
) -> None:
    typed = "Clé du château 2026 ﬁn"
    stored = await passwords.hash(unicodedata.normalize("NFC", typed))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert await passwords.matches(stored, unicodedata.normalize(form, typed))
    assert await passwords.matches(stored, typed.replace(" ", "\u00a0"))
    assert not await passwords.matches(stored, typed.replace("é", "e"))


async def test_a_password_set_before_forms_were_made_one_still_opens(passwords: Passwords) -> None:
    typed = unicodedata.normalize("NFD", "Clé du château 2026")
    stored = passwords._hasher.hash(typed)
    assert await passwords.matches(stored, typed)
    assert not await passwords.matches(stored, "Cle du chateau 2026")
