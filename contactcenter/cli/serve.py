"""`serve`: the service, over engines it finds or starts."""

import sys
from contextlib import AsyncExitStack, suppress
from enum import StrEnum
from typing import Annotated

import typer

from config.errors import Misconfigured, Unavailable
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.log import configure_logging
from config.settings import Settings, load_settings
from contactcenter.app import Addresses, run
from contactcenter.cli import doctor_engines, doctor_upgrade
from contactcenter.cli.embedded import on_embedded_engines
from contactcenter.cli.ports import with_ports
from contactcenter.cli.running import run_async
from contactcenter.cli.telephone import emulator_process, with_emulated_account

PORTS = ("public_port", "chat_port", "staff_port", "metrics_port")
# A process of one role beside others on the same machine finds their ports in use.
PORTS_OF_ROLE = {"public": "public_port", "chat": "chat_port", "staff": "staff_port"}


class ServiceRole(StrEnum):
    """A part of the service that a process may take on; `all` is every one."""

    PUBLIC = "public"
    CHAT = "chat"
    STAFF = "staff"
    ROUTER = "router"
    ALL = "all"


EVERY_ROLE = frozenset(role.value for role in ServiceRole if role is not ServiceRole.ALL)


def serve(
    role: Annotated[
        list[ServiceRole] | None, typer.Option(help="What this process does; repeat for several.")
    ] = None,
    embedded: Annotated[
        bool, typer.Option("--embedded", help="Start PostgreSQL and Valkey under DATA_DIR.")
    ] = False,
    with_emulator: Annotated[
        bool,
        typer.Option(
            "--with-emulator", help="Start the telephone emulator; never for real callers."
        ),
    ] = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; refuses to start on any mistake, and says them all."""
    settings = load_settings()
    configure_logging(settings.log_level)
    helpline = load_helpline(settings.helpline_dir)
    roles = roles_of(role)
    sys.exit(
        run_async(_serve(settings, helpline, roles, embedded=embedded, emulated=with_emulator))
    )


def roles_of(given: list[ServiceRole] | None) -> frozenset[str]:
    """Return the roles to take on; none given, or `all`, is every one."""
    if not given or ServiceRole.ALL in given:
        return EVERY_ROLE
    return frozenset(role.value for role in given)


def ports_of(roles: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the ports that a process of these roles listens on."""
    return (*(port for role, port in PORTS_OF_ROLE.items() if role in roles), "metrics_port")


async def _serve(
    settings: Settings, helpline: Helpline, roles: frozenset[str], *, embedded: bool, emulated: bool
) -> int:
    if settings.emulator_url and not emulated:
        raise Misconfigured(
            [
                "environment: EMULATOR_URL: a real service has no emulator; say --with-emulator if this is none"
            ]
        )
    async with AsyncExitStack() as stack:
        if embedded:
            settings = await stack.enter_async_context(on_embedded_engines(settings))
        if emulated:
            settings = with_emulated_account(
                with_ports(settings, *PORTS, "emulator_port"), helpline
            )
            await stack.enter_async_context(emulator_process(settings, helpline))
        settings.require("database_url", "redis_url", "vault_key", "index_key")
        # An engine that does not answer is named by the service itself, with what to do.
        with suppress(Unavailable):
            await doctor_engines.postgresql(settings)
            await doctor_upgrade.schema(settings)
        settings = with_ports(settings, *ports_of(roles))
        return await run(settings, helpline, roles=roles, ready=_say_nothing)


def _say_nothing(_addresses: Addresses) -> None:
    """The log says when a service is ready; the demo has more to say."""
