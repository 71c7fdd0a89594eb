"""What the demo tells: a table for people, a JSON object for programs. Pure."""

import json
import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime

from config.settings import Settings
from contactcenter.app import Addresses
from contactcenter.auth.totp import STEP_SECONDS, code_at, step_of
from contactcenter.cli.demo_accounts import DemoAccount

NEVER_FOR_REAL = "Fictional accounts and an emulated telephone network: never for real callers."


def ready_content(settings: Settings, addresses: Addresses, accounts: Iterable[DemoAccount]) -> str:
    """Return the ready file: a JSON object whose keys are kept stable (docs/)."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    content = {
        "public_url": addresses.public_url,
        "chat_url": addresses.chat_url,
        "staff_url": addresses.staff_url,
        "phone_url": settings.emulator_url,
        "database_url": settings.database_url.get_secret_value(),
        "redis_url": settings.redis_url.get_secret_value(),
        "twilio": {
            "account_sid": settings.twilio_account_sid,
            "auth_token": settings.twilio_auth_tokens[0].get_secret_value(),
            "number": settings.twilio_number,
        },
        "accounts": [
            {
                "login": account.login,
                "password": account.password,
                "totp_secret": account.totp_secret,
                "role": account.role.value,
            }
            for account in accounts
        ],
    }
    return json.dumps(content, indent=2)


def table(
    settings: Settings, addresses: Addresses, accounts: Sequence[DemoAccount], now: datetime
) -> str:
    """Return the one table: where to go, who to be, how to stop."""
    places = [
        ("Call", f"{settings.emulator_url}/", f"a telephone; dial {settings.twilio_number}"),
        ("Chat", f"{addresses.public_url}/chat/", "as somebody who needs help"),
        ("Desk", f"{addresses.staff_url}/", "as one of the staff below"),
    ]
    people = [("Login", "Password", "Code now", "Code secret", "Role")]
    people += [
        (each.login, each.password, _code(each, now), each.totp_secret, each.role.value)
        for each in accounts
    ]
    folder = settings.data_dir.absolute()
    next_code = f"DATA_DIR={shlex.quote(str(folder))} contactcenter user code LOGIN"
    return "\n".join(
        [
            "",
            *_columns(places),
            "",
            *_columns(people),
            "",
            f"Each code serves once, for {STEP_SECONDS} s. The next one: {next_code}",
            f"Records and log: {folder}    Stop: Ctrl-C",
            NEVER_FOR_REAL,
            "",
        ]
    )


def codes_line(accounts: Iterable[DemoAccount], now: datetime) -> str:
    """Return the codes of the present step and how long they last."""
    left = STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS
    codes = "  ".join(f"{each.login} {_code(each, now)}" for each in accounts)
    return f"Codes for {left:>2} s:  {codes}"


def _code(account: DemoAccount, now: datetime) -> str:
    return code_at(account.totp_secret, step_of(now))


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
