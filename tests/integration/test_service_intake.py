"""What a caller hears over the telephone network: a message, closed, let in by key 0, moved."""

import html
import re
import secrets
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
from twilio.request_validator import RequestValidator

from config.vocabulary import EscalationOffer
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.kit.until import until

SIGNER = RequestValidator(AUTH_TOKEN)


async def test_a_caller_turned_away_is_let_in_by_the_danger_key_and_told_when_moved(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(tmp_path, database, redis_url, "ines", "colette"))
        await centre.run("UPDATE staff SET role = 'coordinator' WHERE login = 'colette'")
        await enter(centre.serving())
        phone = await enter(Phone(centre.emulator.url))
        ines = await enter(listener(centre, "ines"))
        colette = await enter(listener(centre, "colette", ready=False, telephone=None))
        await colette.did(
            "PUT",
            "supervision/queues/professionnel",
            closed=True,
            message={"fr": "Équipe en réunion."},
            reason="other",
        )
        await colette.did(
            "PUT",
            "supervision/queues/*",
            closed=False,
            message={"fr": "Le tchat est en panne."},
            reason="other",
        )
        await until(lambda: _is_told(centre, "professionnel", "closed"))

        await phone.dial()
        await phone.until_caption("Le tchat est en panne.")
        assert "tapez 0" in phone.captions[0].replace("\u00a0", " ")
        await phone.press_when_asked("3")
        refused = await phone.until_caption("Cette équipe ne répond pas maintenant")
        assert refused.startswith("Équipe en réunion.")
        await phone.press_when_asked("0")
        contact = await ines.accept()
        assert (contact["urgency"], contact["queue"]) == (1, "urgence_coordination")
        await phone.until_talking()
        await until(lambda: _talks(centre))
        # Nobody else is there: the caller is told that the talk moves, and waits.
        await ines.declare("break")
        contact_id = contact["contact_id"]
        await ines.did("POST", f"contacts/{contact_id}/hand-over", queue="parent_proche")
        await phone.until_caption("vous passe à quelqu’un d’autre")
        assert phone.sound == "none", "who waits again is with nobody, and their telephone shows it"
        since = len(phone.captions)
        await until(lambda: any("passe en premier" in text for text in phone.captions[since:]))
        assert not any("Personne ne peut" in text for text in phone.captions)
        assert phone.status == "in-progress"
        await ines.declare("ready")
        await ines.accept(await ines.until_offered(contact_id=contact_id))
        await phone.until_talking()
        await until(lambda: _talks(centre))
        await ines.finish(contact_id)
        await phone.until_status("completed")


async def test_key_1_agrees_to_a_callback_only_where_it_was_offered_and_the_row_agrees(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(tmp_path, database, redis_url))
        await enter(centre.serving())
        http = await enter(aiohttp.ClientSession())
        form = {
            "AccountSid": ACCOUNT_SID,
            "CallSid": f"CA{secrets.token_hex(16)}",
            "CallStatus": "in-progress",
            "From": "+33612345678",
            "To": NUMBER,
        }

        async def asked(path: str, **more: str) -> str:
            return await _signed(centre, http, path, form | more)

        menu = _address(await asked("/voice/incoming"), "menu")
        wait = _address(await asked(menu, Digits="2"), "wait")
        danger = _address(await asked(wait), "danger")
        assert "Vous gardez votre place" in await asked(danger, Digits="1")
        # Nobody offered it: an address that claims so is believed by no row.
        assert "Vous gardez votre place" in await asked(f"{danger}&callback=1", Digits="1")
        steps = centre.helpline.urgency.escalation
        bit = next(at for at, each in enumerate(steps) if each.offer is EscalationOffer.CALLBACK)
        await centre.run(f"UPDATE contact SET escalations = {1 << bit}")

        async def offered() -> str:
            document = await asked(wait)
            return document if "tapez 1" in document.replace("\u00a0", " ") else ""

        offer = _address(await until(offered), "danger")
        assert "callback=1" in offer
        assert "tapez 1" not in (await asked(wait, From="anonymous")).replace("\u00a0", " ")
        for _ in range(2):  # the carrier repeats itself
            document = await asked(offer, Digits="1")
            assert "quelqu’un vous rappellera" in document
            assert "<Hangup" in document
        rows = await centre.rows("SELECT state, disposition, end_reason FROM contact")
        assert [tuple(row) for row in rows] == [("closed", "callback", "callback_agreed")]
        rows = await centre.rows("SELECT kind, queue, state FROM follow_up")
        assert [tuple(row) for row in rows] == [("callback", "parent_proche", "open")]


async def test_a_caller_and_a_line_are_known_whichever_way_the_carrier_writes_their_numbers(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(tmp_path, database, redis_url))
        await enter(centre.serving())
        http = await enter(aiohttp.ClientSession())

        async def called(caller: str, line: str) -> tuple[int, str]:
            """Call, say « a professional », hang up; return the urgency and the line."""
            form = {
                "AccountSid": ACCOUNT_SID,
                "CallSid": f"CA{secrets.token_hex(16)}",
                "CallStatus": "in-progress",
                "From": caller,
                "To": line,
            }
            menu = _address(await _signed(centre, http, "/voice/incoming", form), "menu")
            await _signed(centre, http, menu, form | {"Digits": "3"})
            over = form | {"CallStatus": "completed", "CallDuration": "4"}
            await _signed(centre, http, "/voice/status", over)
            row = "SELECT urgency, line_id FROM contact ORDER BY arrived_at DESC LIMIT 1"
            ((urgency, line_id),) = await centre.rows(row)
            return urgency, line_id

        further = centre.helpline.lines[1].number
        national = f"0{further.removeprefix('+33')}"
        # One person of Guyane; the third call in a month is noticed (recidive_contact_3_en_30j).
        ways = ("+594694221291", "+33694221291", "sip:0694221291@carrier.example;user=phone")
        called_as = (further, national, f"sip:{further}@line.example:5060")
        told = [await called(way, line) for way, line in zip(ways, called_as, strict=True)]
        assert told == [(5, "snated"), (5, "snated"), (4, "snated")]
        # Another person; and one without a number is nobody we know.
        assert await called("+33694221292", NUMBER) == (5, "dlpm")
        assert await called("266696687", NUMBER) == (5, "dlpm")


def _address(document: str, name: str) -> str:
    """Return the path and query of one of our webhooks, as a document names it."""
    found = re.search(rf"/voice/{name}\?[^\"#]*", document)
    assert found is not None, document
    return html.unescape(found[0])


async def _signed(
    centre: Site, http: aiohttp.ClientSession, path: str, form: dict[str, str]
) -> str:
    url = centre.ports.public_url + path
    headers = {"X-Twilio-Signature": SIGNER.compute_signature(url, form)}
    async with http.post(url, data=form, headers=headers) as answer:
        assert answer.status in {200, 204}
        return await answer.text()


async def _is_told(centre: Site, queue: str, state: str) -> bool:
    """Tell whether the public may read that a queue is in a state."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{centre.ports.public_url}/chat/state") as answer,
    ):
        document = await answer.json()
    assert {door["line"] for door in document["doors"]} == {"dlpm", "snated"}
    assert {each["number"] for each in document["emergency"]} >= {"17", "112", "114"}
    return any(door["queue"] == queue and door["state"] == state for door in document["doors"])


async def _talks(centre: Site) -> bool:
    statement = "SELECT state FROM engagement ORDER BY accepted_at DESC LIMIT 1"
    return await centre.value(statement) == "talking"
