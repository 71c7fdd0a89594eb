"""`doctor`: prove, without changing anything, that the service could start here."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from config.errors import CentreError, Misconfigured
from config.helpline.load import load_helpline
from config.settings import Settings, load_settings
from contactcenter.cli import doctor_capacity, doctor_engines, doctor_upgrade
from contactcenter.cli.running import run_async
from contactcenter.voice import proof
from routing.plan import Plan

CHECK_SECONDS = 20.0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer; when something is wrong it says what to do."""

    subject: str
    good: bool
    detail: str


def doctor(
    before_upgrade: Annotated[
        bool,
        typer.Option(
            "--before-upgrade", help="Run by the next version, while the present one still serves."
        ),
    ] = False,
) -> None:
    """Check settings, helpline, engines, keys, accounts and webhooks; 1 if one is wrong."""
    findings = run_async(examine(before_upgrade=before_upgrade))
    for finding in findings:
        print(f"{'ok   ' if finding.good else 'WRONG'}  {finding.subject}: {finding.detail}")
    sys.exit(0 if all(finding.good for finding in findings) else 1)


async def examine(*, before_upgrade: bool = False) -> list[Finding]:
    """Return what was found; each check has its own time limit and none stops the others.

    `before_upgrade`: an older schema is what `migrate` is for, and no fault.
    """
    try:
        settings = load_settings()
    except Misconfigured as error:
        return [Finding("settings", good=False, detail=mistake) for mistake in error.mistakes]
    checks: list[tuple[str, Callable[[Settings], Awaitable[str]]]] = [
        ("helpline", _helpline),
        ("postgresql", doctor_engines.postgresql),
        ("schema", doctor_upgrade.schema_before if before_upgrade else doctor_upgrade.schema),
        ("rules", doctor_upgrade.rules),
        ("connections", doctor_capacity.connections),
        ("clock", doctor_capacity.clock),
        ("redis", doctor_engines.redis),
        ("writes", doctor_capacity.writes),
        ("index", doctor_upgrade.index),
        ("keys", doctor_engines.keys),
        ("accounts", doctor_engines.accounts),
    ]
    if settings.twilio_account_sid:
        checks.append(("webhooks", proof.webhooks))
    found = [Finding("settings", good=True, detail="no mistake")]
    if not settings.twilio_account_sid:
        found.append(
            Finding("telephone", good=True, detail="none: no TWILIO_ACCOUNT_SID, no calls")
        )
    for subject, check in checks:
        found += await _finding(subject, check(settings))
    return found


async def _finding(subject: str, work: Awaitable[str]) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return [Finding(subject, good=True, detail=await work)]
    except Misconfigured as error:
        return [Finding(subject, good=False, detail=mistake) for mistake in error.mistakes]
    except CentreError as error:
        return [Finding(subject, good=False, detail=f"{error.code}: {error}")]
    except TimeoutError:
        return [Finding(subject, good=False, detail=f"no answer within {CHECK_SECONDS:.0f} s")]


async def _helpline(settings: Settings) -> str:
    helpline = load_helpline(settings.helpline_dir)
    Plan(helpline.line.pool, helpline.lanes(), helpline.all_profiles())
    return (
        f"{helpline.line.id}, {len(helpline.lanes())} lanes, version {helpline.config_version[:12]}"
    )
