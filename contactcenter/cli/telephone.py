"""An emulated telephone account: its credentials, kept; its process, ours."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NoReturn

import structlog
from pydantic import SecretStr

from config.clock import monotonic
from config.errors import Misconfigured
from config.helpline.helpline import Helpline
from config.settings import Settings
from contactcenter.engines.child import BARE_ENVIRONMENT, spawn, stop
from contactcenter.engines.folder import private_log, write_private
from contactcenter.engines.keeper import StartFailed, keep, kept_running
from contactcenter.telephony.addresses import webhook_address

log = structlog.get_logger()

PACKAGES = Path(__file__).parents[2]  # where `contactcenter` itself was imported from
FALLBACK = "fallback.xml"
READY_SECONDS = 20.0
PROBE_SECONDS = 0.05


@dataclass(frozen=True, repr=False)
class Account:
    """What a telephone account is made of, in Twilio's shapes; fictional."""

    account_sid: str
    auth_token: str
    api_key_sid: str
    api_key_secret: str


def account_of(data_dir: Path) -> Account:
    """Return the folder's own account, made once and kept with mode 0600."""
    path = data_dir.absolute() / "telephone.json"
    if path.exists():
        try:
            return Account(**json.loads(path.read_text()))
        except (ValueError, TypeError):
            names = ", ".join(field.name for field in fields(Account))
            raise Misconfigured([f"{path}: unreadable; expected the keys {names}"]) from None
    made = Account(
        account_sid=f"AC{secrets.token_hex(16)}",
        auth_token=secrets.token_hex(16),
        api_key_sid=f"SK{secrets.token_hex(16)}",
        api_key_secret=secrets.token_hex(16),
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, json.dumps(asdict(made)))
    return made


def with_emulated_account(settings: Settings, helpline: Helpline) -> Settings:
    """Return the settings whose telephone network is the emulator on EMULATOR_PORT.

    The ports must be known (`with_ports`). A number that the settings name stays.
    """
    account = account_of(settings.data_dir)
    emulator_url = f"http://127.0.0.1:{settings.emulator_port}"
    return settings.model_copy(
        update={
            "twilio_account_sid": account.account_sid,
            "twilio_auth_tokens": (SecretStr(account.auth_token),),
            "twilio_api_key_sid": account.api_key_sid,
            "twilio_api_key_secret": SecretStr(account.api_key_secret),
            "twilio_api_base_url": emulator_url,
            "twilio_number": settings.twilio_number or helpline.line.number,
            "emulator_url": settings.emulator_url or emulator_url,
            "public_base_url": settings.public_base_url
            or f"http://127.0.0.1:{settings.public_port}",
        }
    )


@asynccontextmanager
async def emulator_process(settings: Settings, helpline: Helpline) -> AsyncIterator[None]:
    """Run the emulator as a child that dies with us, once its port answers.

    One that dies alone is started again on its port. The calls that it carried
    are over then, as with any network: the check of orphan calls ends them.
    """
    folder = settings.data_dir.absolute()
    config_path = folder / "emulator.json"
    write_private(config_path, json.dumps(_emulator_config(settings, helpline)))
    emulator = _Emulator(config_path, settings.emulator_port)
    try:
        await emulator.start()
        async with kept_running(emulator):
            yield
    finally:
        await emulator.stop()


class _Emulator:
    """The child, now this process and now the next."""

    def __init__(self, config_path: Path, port: int) -> None:
        self._config_path = config_path
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Spawn it and wait until its port answers; raises StartFailed, nothing left behind."""
        folder = self._config_path.parent
        program: list[str | Path] = [
            sys.executable,
            "-m",
            "contactcenter.telephony.emulator",
            self._config_path,
        ]
        with os.fdopen(private_log(folder / "emulator.log"), "ab") as output:
            self._process = await spawn(
                program,
                cwd=folder,
                output=output.fileno(),
                death_signal=signal.SIGTERM,
                environment={**BARE_ENVIRONMENT, "PYTHONPATH": str(PACKAGES)},
            )
        try:
            await _until_it_answers(self._process, self._port)
        except BaseException:
            await self.stop()
            raise
        log.info("engine_ready", engine="emulator", pid=self._process.pid)

    async def keep_running(self) -> NoReturn:
        """Start it again each time it ends; see `keep`."""
        await keep("emulator", self._ended, self.start)

    async def _ended(self) -> int:
        assert self._process is not None
        return await self._process.wait()

    async def stop(self) -> None:
        """End it; return once it is gone."""
        if self._process is not None:
            await stop(self._process, [(signal.SIGTERM, 5.0)])


def _emulator_config(settings: Settings, helpline: Helpline) -> dict[str, object]:
    public = settings.public_base_url
    assert settings.twilio_api_key_secret is not None
    return {
        "account_sid": settings.twilio_account_sid,
        "auth_token": settings.twilio_auth_tokens[0].get_secret_value(),
        "api_keys": {
            settings.twilio_api_key_sid: settings.twilio_api_key_secret.get_secret_value()
        },
        "number": settings.twilio_number,
        "line_name": helpline.line.name[helpline.line.languages[0]],
        # As an operator sets them on a real number: with the retry overrides, and a
        # fallback that lives outside the service.
        "voice_url": webhook_address(f"{public}/voice/incoming"),
        "status_url": webhook_address(f"{public}/voice/status"),
        "voice_fallback_file": str(settings.helpline_dir.absolute() / FALLBACK),
        "host": "127.0.0.1",
        "port": settings.emulator_port,
        "public_url": settings.emulator_url,
    }


async def _until_it_answers(process: asyncio.subprocess.Process, port: int) -> None:
    give_up_at = monotonic() + READY_SECONDS
    while process.returncode is None and monotonic() < give_up_at:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(PROBE_SECONDS)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise StartFailed(
        "the emulator did not start; see emulator.log in DATA_DIR", code="emulator_start_failed"
    )
