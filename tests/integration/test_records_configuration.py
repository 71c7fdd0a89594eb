"""What is in force is kept, once, and a form never changes under its version."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from config.errors import Misconfigured
from config.helpline.load import load_helpline
from records.configuration import Configuration
from records.database import Database
from records.forms import Forms
from tests.kit import record_rows as rows
from tests.kit.record_rows import NOW

DLPM = Path(__file__).parents[2] / "config" / "helplines" / "dlpm"


@pytest.fixture(scope="module")
def helpline():
    return load_helpline(DLPM)


@pytest.fixture
async def database(database_url):
    async with Database.open(database_url, pool_size=4) as database:
        yield database


async def test_a_helpline_is_registered_once_by_however_many_processes(database, helpline):
    configuration = Configuration(database)
    await asyncio.gather(*(configuration.register(helpline, NOW) for _ in range(4)))
    await configuration.register(helpline, NOW + timedelta(days=1))
    lines = await rows.read(database, "SELECT * FROM line ORDER BY line_id")
    assert [each["line_id"] for each in lines] == [line.id for line in helpline.lines]
    assert {each["pool"] for each in lines} == {helpline.line.pool}
    (version,) = await rows.read(database, "SELECT * FROM config_version")
    assert version["hash"] == helpline.config_version
    assert version["content"] == dict(helpline.content)
    assert version["first_used_at"] == NOW
    assert len(await rows.read(database, "SELECT 1 FROM form_version")) == len(helpline.forms)


async def test_a_form_reads_back_as_it_was(database, helpline):
    await Configuration(database).register(helpline, NOW)
    form = helpline.wrap_up_form
    assert await Forms(database, rows.a_vault()).form(form.id, form.version) == form


async def test_a_new_name_or_pool_is_taken_over(database, helpline):
    configuration = Configuration(database)
    await configuration.register(helpline, NOW)
    moved = replace(helpline, line=helpline.line.model_copy(update={"pool": "fr_two"}))
    await configuration.register(moved, NOW)
    line, _ = await rows.read(database, "SELECT * FROM line ORDER BY line_id")
    assert line["pool"] == "fr_two"


async def test_a_list_that_a_form_draws_from_may_change_without_its_file(database, helpline):
    configuration = Configuration(database)
    first = await configuration.register(helpline, NOW)
    form = helpline.wrap_up_form
    assert first.wrap_up_form == form
    changed = form.model_copy(
        update={
            "fields": tuple(
                each.model_copy(update={"options": each.options[:-1]})
                if each.options_from
                else each
                for each in form.fields
            )
        }
    )
    other = replace(helpline, forms={form.id: changed}, config_version="0" * 64)
    seconds = await asyncio.gather(*(configuration.register(other, NOW) for _ in range(4)))

    assert {each.wrap_up_form.version for each in seconds} == {form.version + 10_000}
    forms = Forms(database, rows.a_vault())
    assert await forms.form(form.id, form.version) == form, "what was written reads as it did"
    assert await forms.form(form.id, form.version + 10_000) == seconds[0].wrap_up_form
    # Back to the old lists, or another process with them: their own number again.
    assert (await configuration.register(helpline, NOW)).wrap_up_form == form
    raised = changed.model_copy(update={"version": form.version + 1})
    third = await configuration.register(replace(other, forms={form.id: raised}), NOW)
    assert third.wrap_up_form.version == form.version + 1


async def test_a_form_that_another_release_kept_is_the_same_form(database, helpline):
    """A schema may grow a field with a default, on either side; the file did not change."""
    form = helpline.wrap_up_form
    content = form.model_dump(mode="json", by_alias=True)
    content["colour"] = "blue"
    content["fields"][0] |= {"hint": None}
    content["fields"][0].pop("maximum")
    async with database.transaction() as tx:
        await tx.execute("configuration.keep_form_version", form.id, form.version, content, NOW)
    assert (await Configuration(database).register(helpline, NOW)).wrap_up_form == form
    assert await Forms(database, rows.a_vault()).form(form.id, form.version) == form
    assert len(await rows.read(database, "SELECT 1 FROM form_version")) == len(helpline.forms)


async def test_a_form_changed_under_its_version_is_refused_and_nothing_is_kept(database, helpline):
    configuration = Configuration(database)
    await configuration.register(helpline, NOW)
    form = helpline.wrap_up_form
    changed = form.model_copy(update={"fields": form.fields[:-1]})
    other = replace(helpline, forms={form.id: changed}, config_version="0" * 64)
    with pytest.raises(Misconfigured) as refusal:
        await configuration.register(other, NOW)
    assert refusal.value.mistakes[0].startswith(f"forms/{form.id}.toml: version: {form.version} ")
    assert len(await rows.read(database, "SELECT 1 FROM config_version")) == 1
    raised = changed.model_copy(update={"version": form.version + 1})
    await configuration.register(replace(other, forms={form.id: raised}), NOW)
    assert len(await rows.read(database, "SELECT 1 FROM form_version")) == len(helpline.forms) + 1
