"""The command itself: its sub-commands, and how a refusal is told to the operator."""

import sys
from importlib import metadata
from typing import Annotated

import typer

from config.errors import CentreError, Misconfigured
from config.log import log_uncaught_errors
from contactcenter.cli import backups, configuration, demo, doctor, emulator, schema, serve, users
from records.migrate import head_revision

EXIT_FAILED = 1
EXIT_MISCONFIGURED = 2

app = typer.Typer(
    name="contactcenter",
    help="A contact centre for child-protection helplines.",
    no_args_is_help=True,
    add_completion=False,
    # Typer's own tracebacks print local variables: names, numbers, messages.
    pretty_exceptions_enable=False,
)


def _version(*, asked: bool) -> None:
    if asked:
        print(f"contactcenter {metadata.version('contactcenter')}, schema {head_revision()}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda asked: _version(asked=asked),
            is_eager=True,
            help="Print the version, and the schema it needs.",
        ),
    ] = False,
) -> None:
    """A contact centre for child-protection helplines."""


app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("migrate")(schema.migrate_command)
app.command("backup")(backups.backup_command)
app.command("restore")(backups.restore_command)
app.command("check-config")(configuration.check_config)
app.command("print-config")(configuration.print_config)
app.command("doctor")(doctor.doctor)
app.command("emulator")(emulator.emulator)
app.add_typer(users.app, name="user")


def main() -> None:
    """Run the command; a refusal is told in one line each, without a traceback.

    Exit codes: 0 done, 1 failed, 2 wrong settings, files or arguments.
    """
    log_uncaught_errors()
    try:
        app()
    except Misconfigured as error:
        for mistake in error.mistakes:
            print(mistake, file=sys.stderr)
        sys.exit(EXIT_MISCONFIGURED)
    except CentreError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
