"""The whole service as production runs it: engines, telephone network and servers apart.

The engines are a process of their own, the telephone network is this one, and
each `serving` block is one `contactcenter serve` over both. So any of them may
die while the others live.
"""

import atexit
import random
import re
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import asyncpg

from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES, load_settings
from config.vocabulary import Role
from contactcenter.cli.staff_records import NewCredentials, new_credentials, staff_records
from contactcenter.telephony.addresses import webhook_address
from contactcenter.telephony.emulator.server import Emulator, emulator_server
from tests.kit.engines import DatabaseAddresses
from tests.kit.service import RunningService, running
from tests.kit.settings import environment
from tests.kit.telephony import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    AUTH_TOKEN,
    NUMBER,
    emulator_config,
)
from tests.kit.until import until

PROFILE = "ecoute"
# Events that no fault of an engine or a network explains.
FAILURES = re.compile(
    r'"event": "(loop_failed|loop_gave_up|webhook_failed|chat_request_failed|live_socket_crashed'
    r'|message_batch_refused)"|"status": 500|Traceback'
)
READY_SECONDS = 25.0
Rows = list[asyncpg.Record]


# The UDP ports of the same numbers: held until this process ends, they keep every other test
# process from choosing them, and nobody listens on them.
_claims: list[socket.socket] = []


def lasting_port() -> int:
    """Return a loopback port that stays free while its service is down.

    Below the range from which the kernel takes ports for outgoing connections:
    one of those would sit on it by the time the service starts again.
    """
    while True:
        # Not the seeded generator: every worker of a test run would choose the same ports.
        port = random.SystemRandom().randrange(20_000, 32_000)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port


@atexit.register
def _give_claims_back() -> None:
    while _claims:
        _claims.pop().close()


@dataclass(frozen=True)
class Ports:
    """The ports of one serving process, known before it starts and kept when it starts again."""

    public: int = field(default_factory=lasting_port)
    chat: int = field(default_factory=lasting_port)
    staff: int = field(default_factory=lasting_port)
    metrics: int = field(default_factory=lasting_port)

    @property
    def public_url(self) -> str:
        """Where webhooks and visitors arrive."""
        return f"http://127.0.0.1:{self.public}"

    @property
    def staff_url(self) -> str:
        """Where listeners sign in."""
        return f"http://127.0.0.1:{self.staff}"

    @property
    def metrics_url(self) -> str:
        """Where the process tells how it is."""
        return f"http://127.0.0.1:{self.metrics}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment's words for them."""
        return {
            "PUBLIC_PORT": str(self.public),
            "CHAT_PORT": str(self.chat),
            "STAFF_PORT": str(self.staff),
            "METRICS_PORT": str(self.metrics),
        }


@dataclass
class Site:
    """Engines with accounts, a telephone network, and the processes that serve them."""

    folder: Path
    database: DatabaseAddresses
    redis_url: str
    environment: dict[str, str]
    helpline: Helpline
    ports: Ports
    emulator: Emulator
    credentials: dict[str, NewCredentials]

    @property
    def log(self) -> Path:
        """What every serving process wrote."""
        return self.folder / "service.log"

    @asynccontextmanager
    async def serving(
        self,
        *roles: str,
        ports: Ports | None = None,
        dies_at: str = "",
        clock_ahead: float = 0.0,
        still_while: Path | None = None,
        is_awaited: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> AsyncIterator[RunningService]:
        """Run `contactcenter serve`; it is ready. `dies_at`: see tests.kit.dying_service.

        `clock_ahead`: its machine's clock runs so many seconds ahead. `still_while`: see
        tests.kit.still_service. Not `is_awaited`: it may never be ready.
        """
        ports = ports or self.ports
        arguments = ["serve", *(word for role in roles for word in ("--role", role))]
        module = "contactcenter"
        if dies_at:
            module, arguments = "tests.kit.dying_service", [dies_at, *arguments]
        if clock_ahead:
            module, arguments = "tests.kit.shifted_service", [str(clock_ahead), *arguments]
        if still_while is not None:
            module, arguments = "tests.kit.still_service", [str(still_while), *arguments]
        given = {**self.environment, **ports.settings, **(settings or {})}
        async with running(arguments, self.log, given, module=module) as service:
            if is_awaited:
                await until(
                    lambda: _is_ready(service, ports), READY_SECONDS, every=0.03, saying="ready"
                )
            assert service.process.returncode is None, self.log.read_text()[-4000:]
            yield service

    async def rows(self, statement: str, *args: object) -> Rows:
        """Return rows of PostgreSQL, read as its superuser, past every part of the service."""
        connection = await asyncpg.connect(self.database.admin, timeout=5)
        try:
            return await connection.fetch(statement, *args)
        finally:
            await connection.close(timeout=5)

    async def run(self, script: str) -> None:
        """Run statements as PostgreSQL's superuser."""
        connection = await asyncpg.connect(self.database.admin, timeout=5)
        try:
            await connection.execute(script)
        finally:
            await connection.close(timeout=5)

    async def value(self, statement: str, *args: object) -> object:
        """Return the first column of the first row."""
        rows = await self.rows(statement, *args)
        return rows[0][0] if rows else None


async def _is_ready(service: RunningService, ports: Ports) -> bool:
    if service.process.returncode is not None:
        return True  # the caller's assertion shows what it said
    return await answers(f"{ports.metrics_url}/readyz") == 200


async def answers(url: str) -> int:
    """Return the status of a GET, 0 when nobody answers."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session,
            session.get(url) as response,
        ):
            return response.status
    except (aiohttp.ClientError, OSError, TimeoutError):
        return 0


def helpline_with(folder: Path, **limits: int) -> Path:
    """Copy the packaged helpline's rules with other limits; each must be one it has."""
    copy = folder / "helpline"
    shutil.copytree(PACKAGED_HELPLINES / "dlpm", copy)
    path = copy / "limits.toml"
    text = path.read_text("utf-8")
    for name, number in limits.items():
        text, found = re.subn(rf"(?m)^{name} = \d+$", f"{name} = {number}", text)
        assert found == 1, name
    path.write_text(text, "utf-8")
    return copy


@asynccontextmanager
async def site(
    folder: Path,
    database: DatabaseAddresses,
    redis_url: str,
    *logins: str,
    tempo: float = 4.0,
    network: Mapping[str, object] | None = None,
    **limits: int,
) -> AsyncIterator[Site]:
    """Prepare a site whose listeners have these logins; nothing serves yet.

    `tempo` divides what callers hear and wait through; `limits` replace the
    helpline's, `network` adds to the emulator's configuration. The telephone network lives until the block ends.
    """
    helpline_dir = helpline_with(folder, **limits)
    ports = Ports()
    given = environment(
        database_url=database.runtime, redis_url=redis_url, data_dir=folder / "data"
    ) | {
        "HELPLINE_DIR": str(helpline_dir),
        "PUBLIC_BASE_URL": ports.public_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKENS": AUTH_TOKEN,
        "TWILIO_API_KEY_SID": API_KEY_SID,
        "TWILIO_API_KEY_SECRET": API_KEY_SECRET,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_CPS": "100",
    }
    helpline = load_helpline(helpline_dir)
    credentials = await _accounts(given, helpline, logins)
    config = emulator_config(
        ports.public_url,
        # As an operator sets them on a number: with the overrides, and a fallback elsewhere.
        voice_url=webhook_address(f"{ports.public_url}/voice/incoming"),
        status_url=webhook_address(f"{ports.public_url}/voice/status"),
        voice_fallback_file=helpline_dir / "fallback.xml",
        tempo=tempo,
        **(network or {}),
    )
    async with emulator_server(config) as emulator:
        given["TWILIO_API_BASE_URL"] = emulator.url
        made = Site(folder, database, redis_url, given, helpline, ports, emulator, credentials)
        yield made
    failures = [line for line in made.log.read_text().splitlines() if FAILURES.search(line)]
    assert failures == [], "the service failed in a way that no test asked for"


async def _accounts(
    given: Mapping[str, str], helpline: Helpline, logins: tuple[str, ...]
) -> dict[str, NewCredentials]:
    made = {login: new_credentials() for login in logins}
    async with staff_records(load_settings(given), helpline) as records:
        for login, credentials in made.items():
            await records.add(
                credentials,
                login=login,
                display_name=login.capitalize(),
                role=Role.LISTENER,
                profile_id=PROFILE,
            )
    return made
