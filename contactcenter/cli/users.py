"""`user …`: accounts of staff, from the command line of whoever runs the service."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from config.clock import SystemClock
from config.errors import InvalidInput
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.log import configure_logging
from config.settings import load_settings
from config.vocabulary import Role
from contactcenter.auth.totp import STEP_SECONDS, code_at, provisioning_uri, step_of
from contactcenter.cli.demo_accounts import demo_account
from contactcenter.cli.running import run_async
from contactcenter.cli.staff_records import (
    NewCredentials,
    StaffRecords,
    new_credentials,
    staff_records,
)
from records.staff import StaffAccount

app = typer.Typer(help="Accounts of staff.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="What she signs in as.")]
Skills = Annotated[
    list[str] | None, typer.Option("--skill", help="What she can do beyond her team; repeatable.")
]
PasswordFromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@app.command("add")
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="As colleagues see her.")],
    role: Annotated[Role, typer.Option(help="What she may do.")] = Role.LISTENER,
    profile: Annotated[str | None, typer.Option(help="Her team: the lanes she serves.")] = None,
    skill: Skills = None,
    max_chats: Annotated[int | None, typer.Option(help="Chats at once.")] = None,
    password_stdin: PasswordFromInput = False,
) -> None:
    """Open an account; its password and code secret are printed once."""
    credentials = new_credentials(_password() if password_stdin else None)

    async def work() -> None:
        async with _records() as (records, _):
            await records.add(
                credentials,
                login=login,
                display_name=name,
                role=role,
                profile_id=profile,
                max_chats=max_chats,
                skills=skill or (),
            )

    run_async(work())
    _print_once(login, credentials, made_up=not password_stdin)


@app.command("reset")
def reset(login: Login, password_stdin: PasswordFromInput = False) -> None:
    """Replace the password and the code secret of an account; its sessions end."""
    credentials = new_credentials(_password() if password_stdin else None)

    async def work() -> None:
        async with _records() as (records, _):
            await records.reset(login, credentials)

    run_async(work())
    _print_once(login, credentials, made_up=not password_stdin)


@app.command("second-factor")
def second_factor(login: Login) -> None:
    """Replace the code secret alone (a lost telephone); the password stays, sessions end."""
    credentials = new_credentials()

    async def work() -> None:
        async with _records() as (records, _):
            await records.set_second_factor(login, credentials)

    run_async(work())
    _print_once(login, credentials, made_up=False)


@app.command("set")
def change(
    login: Login,
    name: Annotated[str | None, typer.Option(help="As colleagues see her.")] = None,
    role: Annotated[
        Role | None, typer.Option(help="What she may do; her sessions end if it is another.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Her team, in force at her next presence.")
    ] = None,
    max_chats: Annotated[int | None, typer.Option(help="Chats at once.")] = None,
) -> None:
    """Change somebody's name, role, team or number of chats; what is not given stays."""
    if all(each is None for each in (name, role, profile, max_chats)):
        raise InvalidInput("nothing to change: give --name, --role, --profile or --max-chats")

    async def work() -> None:
        async with _records() as (records, _):
            account = await records.change(
                login, display_name=name, role=role, profile_id=profile, max_chats=max_chats
            )
            print(_described(account))

    run_async(work())


@app.command("list")
def list_accounts() -> None:
    """List every account."""

    async def work() -> None:
        async with _records() as (records, _):
            async for each in records.everybody():
                print(_described(each))

    run_async(work())


@app.command("skills")
def skills(
    login: Login,
    skill: Annotated[
        list[str] | None,
        typer.Argument(help="All she can do beyond her team: the former ones are replaced."),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="She has no skill any more.")] = False,
) -> None:
    """Show what somebody can do beyond her team, or set it; in force at her next presence."""

    async def work() -> None:
        async with _records() as (records, _):
            if skill or none:
                account = await records.set_skills(login, [] if none else skill or [])
            else:
                account = await records.account(login)
            print(" ".join(sorted(account.skills)) or "-")

    if skill and none:
        raise InvalidInput("either skills or --none", field="skill")
    run_async(work())


@app.command("lines")
def lines(
    login: Annotated[str | None, typer.Argument(help="Whom; or --all.")] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every open account.")] = False,
) -> None:
    """Let somebody work for every line of the pool: after the helpline got a further one."""

    async def work() -> None:
        async with _records() as (records, _):
            logins = [login] if login else [a.login async for a in records.everybody() if a.active]
            for each in logins:
                account = await records.add_lines(each)
                print(f"{each:<20} {' '.join(sorted(account.line_ids))}")

    if (login is None) is not everybody:
        raise InvalidInput("either a login or --all", field="login")
    run_async(work())


@app.command("disable")
def disable(login: Login) -> None:
    """Close an account: its sessions end at once; what she did stays hers."""
    _set_active(login, active=False)


@app.command("enable")
def enable(login: Login) -> None:
    """Open a closed account again."""
    _set_active(login, active=True)


@app.command("code")
def code(
    login: Login,
    data_dir: Annotated[Path | None, typer.Option(help="The demo's folder.")] = None,
) -> None:
    """Print the present code of one of the demo's fictional accounts."""
    folder = load_settings().data_dir if data_dir is None else data_dir
    account = demo_account(folder, login)
    now = SystemClock().now()
    left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
    print(f"{code_at(account.totp_secret, step_of(now))}  (for {left} s)")


@asynccontextmanager
async def _records() -> AsyncIterator[tuple[StaffRecords, Helpline]]:
    settings = load_settings()
    configure_logging(settings.log_level)
    helpline = load_helpline(settings.helpline_dir)
    async with staff_records(settings, helpline) as records:
        yield records, helpline


def _set_active(login: str, *, active: bool) -> None:
    async def work() -> None:
        async with _records() as (records, _):
            await records.set_active(login, active=active)

    run_async(work())


def _described(account: StaffAccount) -> str:
    state = "open" if account.active else "closed"
    return (
        f"{account.login:<20} {account.role.value:<14} {account.profile_id or '-':<18} {state:<6} "
        f"{account.max_chats:>2} chats  {'+'.join(sorted(account.line_ids))}  "
        f"{' '.join(sorted(account.skills))}"
    ).rstrip()


def _password() -> str:
    """Return the first line of the input, without its end (of either kind) or a byte order mark."""
    try:
        line = sys.stdin.buffer.readline().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("is not text in UTF-8", field="password") from None
    return line.removesuffix("\n").removesuffix("\r")


def _print_once(login: str, credentials: NewCredentials, *, made_up: bool) -> None:
    if made_up:
        print(f"password:    {credentials.password}")
    print(f"code secret: {credentials.totp_secret}")
    print(f"as address:  {provisioning_uri(credentials.totp_secret, login, 'contactcenter')}")
    print("Shown once: hand them over in person.")
