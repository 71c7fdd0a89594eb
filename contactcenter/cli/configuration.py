"""`check-config` and `print-config`: what is configured, and what is wrong with it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from config.helpline.load import load_helpline
from config.settings import load_settings
from routing.plan import Plan


def check_config(
    directory: Annotated[Path, typer.Argument(help="The helpline's folder.")],
) -> None:
    """Check a helpline's folder: every mistake at once, or its lanes and profiles."""
    helpline = load_helpline(directory)
    lanes = helpline.lanes()
    # The router's own limits: 256 lanes a line, 64 lanes a profile.
    Plan(helpline.line.pool, lanes, helpline.profiles)
    print(f"{directory}: no mistake; version {helpline.config_version[:12]}")
    print(f"\n{len(lanes)} lanes")
    for lane in lanes:
        print(f"  {lane.id}")
    print(f"\n{len(helpline.profiles)} profiles")
    width = max(len(profile.id) for profile in helpline.profiles)
    for profile in helpline.profiles:
        print(f"  {profile.id:<{width}}  {len(profile.lanes):>3} lanes")


def print_config() -> None:
    """Print the settings as the service would read them; secrets as ***."""
    print(json.dumps(load_settings().redacted(), indent=2, ensure_ascii=False))
