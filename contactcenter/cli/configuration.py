"""`check-config` and `print-config`: what is configured, and what is wrong with it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import load_settings
from routing.plan import Plan


def check_config(
    directory: Annotated[Path, typer.Argument(help="The helpline's folder.")],
) -> None:
    """Check a helpline's folder: every mistake at once, or its lanes and profiles."""
    helpline = load_helpline(directory)
    # The router's own limits: 256 lanes a line, 64 lanes a profile.
    Plan(helpline.line.pool, helpline.lanes(), helpline.all_profiles())
    print(f"{directory}: no mistake; version {helpline.config_version[:12]}")
    for part in (_lanes(helpline), _teams(helpline), _steps(helpline)):
        print("\n" + "\n".join(part))


def _lanes(helpline: Helpline) -> list[str]:
    lanes = helpline.lanes()
    return [f"{len(lanes)} lanes", *(f"  {lane.id}" for lane in lanes)]


def _teams(helpline: Helpline) -> list[str]:
    profiles = helpline.all_profiles()
    width = max(len(profile.id) for profile in profiles)
    return [
        f"{len(profiles)} profiles: the teams', and what skills and lines make of them",
        *(
            f"  {each.id:<{width}}  {len(each.lanes):>3} lanes"
            + (f", helps out in {len(each.help)} more" if each.help else "")
            for each in sorted(profiles, key=lambda profile: profile.id)
        ),
    ]


def _steps(helpline: Helpline) -> list[str]:
    steps = helpline.urgency.escalation
    return [
        f"{len(steps)} steps while waiting, by the number that contacts remember",
        *(
            f"  {number:>2}  {step.id}, after {step.after_seconds} s"
            for number, step in enumerate(steps)
        ),
    ]


def print_config() -> None:
    """Print the settings as the service would read them; secrets as ***."""
    print(json.dumps(load_settings().redacted(), indent=2, ensure_ascii=False))
