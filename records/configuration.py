"""What is in force, kept at start: every record names the configuration it was made under."""

from datetime import datetime

from config.errors import Misconfigured
from config.helpline.helpline import Helpline
from records.database import Database


class Configuration:
    """Lines, configurations and forms, as the database knows them."""

    def __init__(self, database: Database) -> None:
        """Keep the engine."""
        self._database = database

    async def register(self, helpline: Helpline, now: datetime) -> None:
        """Make a helpline's lines, configuration and forms known; safe to repeat, by any process.

        Raises Misconfigured when a form differs from what was once in force
        under the same version: records written with it would change their
        meaning. Its file needs the next version.
        """
        mistakes: list[str] = []
        async with self._database.transaction() as tx:
            for line in (helpline.line, *helpline.lines[1:]):
                await tx.execute(
                    "configuration.register_line",
                    line.id,
                    line.pool,
                    line.name.model_dump(mode="json"),
                    line.timezone,
                    now,
                )
            await tx.execute(
                "configuration.keep_config_version",
                helpline.config_version,
                dict(helpline.content),
                now,
            )
            for form in helpline.forms.values():
                content = form.model_dump(mode="json", by_alias=True)
                await tx.execute(
                    "configuration.keep_form_version", form.id, form.version, content, now
                )
                if await tx.fetch_value("form.version", form.id, form.version) != content:
                    mistakes.append(
                        f"forms/{form.id}.toml: version: {form.version} was in force with other"
                        f" content; raise it to {form.version + 1}"
                    )
            if mistakes:
                raise Misconfigured(mistakes)
