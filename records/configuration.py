"""What is in force, kept at start: every record names the configuration it was made under."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from config.errors import Misconfigured, Unavailable
from config.helpline.helpline import Helpline
from config.helpline.schema.records import FORM_VERSIONS, Form
from records.database import Database, Transaction

# Processes that draw the same lists at once take each other's number: the next look finds it.
TRIES = 5


class Configuration:
    """Lines, configurations and forms, as the database knows them."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def register(self, helpline: Helpline, now: datetime) -> Helpline:
        """Make a helpline's lines, configuration and forms known; safe to repeat, by any process.

        Returns it with each form under the number it is kept by. Raises as
        `register_in`.
        """
        async with self._database.transaction() as tx:
            return await register_in(tx, helpline, now)


async def register_in(tx: Transaction, helpline: Helpline, now: datetime) -> Helpline:
    """Do as `Configuration.register` in a transaction of the caller's (doctor undoes it).

    A form's own file has a version, and a change of it needs the next one:
    records written with it would change their meaning. What a form draws from
    the helpline's lists (`options_from`) may change without its file: each
    such state is kept beside the others, under a number the service counts
    (version, then version + 10,000, + 20,000 …). Raises Misconfigured when a
    form's own file differs from what was once in force under its version.
    """
    for line in (helpline.line, *helpline.lines[1:]):
        names = line.name.model_dump(mode="json")
        await tx.execute(
            "configuration.register_line", line.id, line.pool, names, line.timezone, now
        )
    await tx.execute(
        "configuration.keep_config_version", helpline.config_version, dict(helpline.content), now
    )
    mistakes: list[str] = []
    forms: dict[str, Form] = {}
    for form in helpline.forms.values():
        kept = await _kept(tx, form, now)
        if kept is None:
            mistakes.append(
                f"forms/{form.id}.toml: version: {form.version} was in force with other"
                f" content; raise it to {form.version + 1}"
            )
        else:
            forms[form.id] = kept
    if mistakes:
        raise Misconfigured(mistakes)
    return replace(helpline, forms=MappingProxyType(forms))


async def _kept(tx: Transaction, form: Form, now: datetime) -> Form | None:
    """Return the form under its number; None when its own file changed under its version."""
    for _ in range(TRIES):
        known = {
            int(row["version"]): _as_now(row["content"], form)
            for row in await tx.fetch(
                "configuration.form_versions", form.id, form.version, FORM_VERSIONS
            )
        }
        for version, kept in known.items():
            if kept == form:
                return form.model_copy(update={"version": version})
        if known and all(kept is None or _own(kept) != _own(form) for kept in known.values()):
            return None
        following = max(known) + FORM_VERSIONS if known else form.version
        drawn = form.model_copy(update={"version": following})
        content = drawn.model_dump(mode="json", by_alias=True)
        if await tx.execute("configuration.keep_form_version", form.id, following, content, now):
            return drawn
    raise Unavailable("the forms keep changing", code="database_busy")


def _own(form: Form) -> Form:
    """Return what the form's own file says: the lists it draws from are left out."""
    fields = tuple(
        each.model_copy(update={"options": ()}) if each.options_from else each
        for each in form.fields
    )
    return form.model_copy(update={"fields": fields})


def _as_now(content: Mapping[str, Any], form: Form) -> Form | None:
    """Return a kept form as this release reads it, at the file's version; None for no form to it.

    What another release's schema added or left out is no change of the form.
    """
    try:
        return Form.kept(content).model_copy(update={"version": form.version})
    except ValueError:
        return None
