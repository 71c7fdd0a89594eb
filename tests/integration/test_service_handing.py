"""A call that changes hands, over the telephone network: nobody is lost and nobody is left held."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Document, listener
from tests.kit.phone import Phone
from tests.kit.site import site
from tests.kit.until import until


async def test_a_call_is_handed_over_then_closed_by_whoever_supervises(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(tmp_path, database, redis_url, "ines", "malik", "colette"))
        await centre.run("UPDATE staff SET role = 'coordinator' WHERE login = 'colette'")
        await enter(centre.serving())
        phone = await enter(Phone(centre.emulator.url))
        ines = await enter(listener(centre, "ines"))
        colette = await enter(listener(centre, "colette", ready=False, telephone=None))
        await phone.dial()
        await phone.press_when_asked("1")
        contact_id = (await ines.accept())["contact_id"]
        await phone.until_talking()

        async def shown() -> Document:
            return await colette.did("GET", f"contacts/{contact_id}")

        async def talks_with(listener_id: str) -> bool:
            engagement = (await shown())["engagement"]
            return (engagement["state"], engagement["listener_id"]) == ("talking", listener_id)

        await until(lambda: talks_with(ines.staff_id))
        queued_at = (await shown())["queued_at"]
        malik = await enter(listener(centre, "malik"))
        # Inès hands the caller over, and Malik is asked first.
        after = await ines.did(
            "POST",
            f"contacts/{contact_id}/hand-over",
            queue="parent_proche",
            listener_id=malik.staff_id,
        )
        assert (after["state"], after["queued_at"]) == ("waiting", queued_at)
        await malik.accept()
        await until(lambda: talks_with(malik.staff_id))
        await phone.until_talking()
        # The floor shows him with it; a closing by the coordinator ends it on both sides.
        floor = await colette.did("GET", "supervision")
        (his,) = [each for each in floor["listeners"] if each["staff_id"] == malik.staff_id]
        assert [each["contact_id"] for each in his["load"]] == [contact_id]
        closed = await colette.did(
            "POST",
            f"supervision/contacts/{contact_id}/close",
            disposition="treated",
            reason="stuck",
        )
        assert (closed["state"], closed["ended_by"]) == ("closed", "coordinator")
        await phone.until_status("completed")
        await until(lambda: any(f["contact"]["state"] == "closed" for f in malik.of("contact")))
        await until(lambda: malik.softphone is not None and malik.softphone.status != "talking")
        # Neither is held: two more callers are offered to the two of them.
        for number in ("+33639980002", "+33639980003"):
            another = await enter(Phone(centre.emulator.url))
            await another.dial(number)
            await another.press_when_asked("1")
        first, second = await ines.until_offered(), await malik.until_offered()
        assert first["contact_id"] != second["contact_id"]
        assert colette.of("supervision")
        assert not ines.of("supervision")
