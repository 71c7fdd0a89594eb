"""What the emulator is told before it starts."""

import codecs
import os
import stat
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from config.errors import Misconfigured

StatusEvent = Literal["initiated", "ringing", "in-progress", "completed"]
PrivateMode = 0o077


class EmulatorConfig(BaseModel):
    """One account with one number; addresses are those of the service under call.

    `tempo` divides every duration that a person would hear or wait through
    (speech, pauses, key time-outs, ringing): 1 is real time, tests play faster.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-f]{32}$")]
    auth_token: SecretStr
    api_keys: dict[str, SecretStr] = {}
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{2,15}$")]
    line_name: str = ""
    voice_url: str
    voice_fallback_url: str = ""
    # Static TwiML served by the emulator itself at /fallback.xml: another failure
    # domain than the service. Used as the fallback address when none is given.
    voice_fallback_file: Path | None = None
    status_url: str = ""
    status_events: tuple[StatusEvent, ...] = ("completed",)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    public_url: str = ""
    die_with_parent: bool = False

    tempo: Annotated[float, Field(gt=0, le=1000)] = 1.0
    speech_chars_per_second: Annotated[float, Field(gt=0)] = 15.0
    play_seconds: Annotated[float, Field(gt=0)] = 5.0
    # « We always add a 5-second timeout buffer to outgoing calls » (Participants, Timeout).
    ring_slack_seconds: Annotated[float, Field(ge=0)] = 5.0
    # Calls that the account may place a second; others wait their turn (`queue_time`). 0: any
    # number. Not divided by `tempo`: whoever placed the call is told how long it waits.
    calls_per_second: Annotated[float, Field(ge=0, le=100)] = 0.0
    max_calls: Annotated[int, Field(gt=0)] = 2000
    max_call_seconds: Annotated[float, Field(gt=0)] = 4 * 3600.0


def read_config(path: Path) -> EmulatorConfig:
    """Return the configuration of a JSON file that its owner alone may read.

    Raises Misconfigured, one line per mistake: the file holds secrets, so one
    that others may read is refused, and values never appear in the message.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & PrivateMode:
                raise Misconfigured([f"{path}: must be readable by its owner only (mode 0600)"])
            content = file.read(65536).removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise Misconfigured([f"{path}: cannot be read ({error.strerror})"]) from None
    try:
        return EmulatorConfig.model_validate_json(content)
    except ValidationError as error:
        mistakes = [
            f"{path}: {'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        ]
    raise Misconfigured(mistakes)
