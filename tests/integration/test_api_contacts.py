"""From the offer to the case through the API, and what each answer looks like."""

from uuid import uuid4

from contactcenter.centre.staff.helpline_views import form_view
from tests.kit.staff_api import dlpm, staff_api


async def test_a_contact_goes_from_offer_to_case_through_the_api() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        offer = api.services.offers.offer(principal)
        path = f"offers/{offer.offer_id}"
        assert (await api.ask("POST", f"{path}/seen", headers=headers)).status == 204
        accepted = await api.ask("POST", f"{path}/accept", headers=headers)
        assert accepted.status == 200
        contact = (await accepted.json())["contact"]
        assert contact["state"] == "active"
        assert contact["engagement"]["listener_name"] == principal.display_name
        assert contact["form"] == {
            "form_id": "fiche",
            "form_version": 1,
            "revision": 0,
            "values": {},
            "saved_at": None,
        }
        again = await api.ask("POST", f"{path}/accept", headers=headers)
        assert (await again.json())["contact"]["contact_id"] == contact["contact_id"]

        path = f"contacts/{contact['contact_id']}"
        line = {"cid": str(uuid4()), "text": "Bonjour, je suis là."}
        sent = await api.ask("POST", f"{path}/messages", json=line, headers=headers)
        assert sent.status == 201
        assert await sent.json() == {"cid": line["cid"], "seq": 1, "at": "2026-03-02T12:00:00Z"}
        page = await (await api.ask("GET", f"{path}/messages?after=0", headers=headers)).json()
        assert page["head_seq"] == 1
        assert page["messages"] == [
            {
                "seq": 1,
                "cid": line["cid"],
                "from": "listener",
                "text": line["text"],
                "at": "2026-03-02T12:00:00Z",
            }
        ]

        form = {"values": {"note": "texte", "signes": ["a", "b"], "age": 15}, "revision": 0}
        saved = await api.ask("PUT", f"{path}/form", json=form, headers=headers)
        assert (await saved.json())["revision"] == 1
        stale = await api.ask("PUT", f"{path}/form", json=form, headers=headers)
        assert (await stale.json(content_type=None))["code"] == "form_conflict"
        urgency = {"urgency": 1, "confirm": True}
        raised = await api.ask("POST", f"{path}/urgency", json=urgency, headers=headers)
        assert (await raised.json())["urgency_confirmed"] is True

        early = await api.ask(
            "POST", f"{path}/close", json={"disposition": "treated"}, headers=headers
        )
        assert (await early.json(content_type=None))["code"] == "contact_open"
        ended = await api.ask("POST", f"{path}/end", headers=headers)
        assert (await ended.json())["state"] == "ended"
        created = await api.ask("POST", "cases", json={"label": "Situation A"}, headers=headers)
        assert created.status == 201
        case = await created.json()
        attach = f"cases/{case['case_id']}/{path}"
        attached = await (await api.ask("PUT", attach, headers=headers)).json()
        assert [one["contact_id"] for one in attached["contacts"]] == [contact["contact_id"]]
        assert attached["contacts"][0]["waited_seconds"] == 12
        closed = await api.ask(
            "POST", f"{path}/close", json={"disposition": "treated"}, headers=headers
        )
        assert (await closed.json())["cases"] == [
            {"case_id": case["case_id"], "reference": case["reference"]}
        ]
        found = await api.ask("GET", f"cases?reference={case['reference']}", headers=headers)
        assert (await found.json())["cases"][0]["reference"]


async def test_an_offer_is_declined_with_or_without_a_reason() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        for body, reason in ((None, "other"), ({}, "other"), ({"reason": "language"}, "language")):
            offer = api.services.offers.offer(principal)
            options = {} if body is None else {"json": body}
            answer = await api.ask(
                "POST", f"offers/{offer.offer_id}/decline", headers=headers, **options
            )
            assert answer.status == 204
            assert api.services.offers.declined[-1] == (offer.offer_id, reason)


async def test_contacts_come_in_pages() -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        taken_in = [str(api.services.contacts.waiting().contact_id) for _ in range(5)]
        seen: list[str] = []
        path = "contacts?state=waiting&limit=2"
        following = ""
        while True:
            page = await (await api.ask("GET", path + following, headers=headers)).json()
            seen += [one["contact_id"] for one in page["contacts"]]
            if page["next"] is None:
                break
            following = f"&before={page['next']}"
        assert seen == sorted(taken_in, reverse=True)


async def test_a_form_is_described_by_version() -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        form = await (await api.ask("GET", "forms/fiche/1", headers=headers)).json()
        assert form["fields"][0]["class"] == "sealed"


async def test_the_lists_that_a_contact_is_written_up_with_can_be_read() -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        helpline = await (await api.ask("GET", "helpline", headers=headers)).json()
        assert helpline["line"] == "dlpm"
        assert {"2A", "75", "974"} <= {one["code"] for one in helpline["departments"]}
        assert "treated" in {one["value"] for one in helpline["dispositions"]}
        assert helpline["non_content_codes"]
        assert all({"fr", "en"} <= set(one["label"]) for one in helpline["non_content_codes"])


def test_a_form_is_shown_with_all_that_a_screen_needs() -> None:
    form = dlpm().wrap_up_form
    view = form_view(form)
    assert [one.id for one in view.fields] == [one.id for one in form.fields]
    assert {one.section for one in view.fields} <= {one.id for one in view.sections}
    required = {one.id for one in view.fields if one.required_for_close}
    assert required == {one.id for one in form.fields if one.required_for_close}
    assert all(one.options for one in view.fields if one.type in {"choice", "choices"})
