"""What the environment says. The only module that reads it.

Each setting `NAME` may be given as `NAME_FILE` instead: the path of a file
whose content is the value (what secret stores mount). Giving both is a
mistake, and so is a file that cannot be read. Blanks, line ends and a byte
order mark around a value do not count; an empty one counts as not given.
"""

import base64
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.addresses import engine_address, public_address, shown_address
from config.errors import Misconfigured
from config.phone import configured_number
from config.writing import without_edges

# Connections that a process of a role needs at its busiest: two processes of each come to 56, of
# the 97 that PostgreSQL's own default leaves. A router's loops run one beside the other, and the
# reconciler's lock holds one for good; the rest of a process waits in the pool, for milliseconds.
POOL_OF_ROLE = {"public": 8, "chat": 6, "staff": 8, "router": 6}
POOL_AT_MOST = 16

PACKAGED_HELPLINES = Path(__file__).parent / "helplines"


def decode_key(key: SecretStr) -> bytes:
    """Return the 32 bytes of a key given in hexadecimal or base64 (either alphabet, padded or not).

    Raises ValueError, without quoting the key, when it is not 32 bytes long.
    """
    text = key.get_secret_value().strip()
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return bytes.fromhex(text)
    normal = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        raw = base64.b64decode(normal + "=" * (-len(normal) % 4), validate=True)
    except ValueError:  # binascii.Error among them
        raise ValueError("must be 32 bytes in hexadecimal or base64") from None
    if len(raw) != 32:
        raise ValueError("must be 32 bytes in hexadecimal or base64")
    return raw


def _checked_key(key: SecretStr) -> SecretStr:
    decode_key(key)
    return key


def _engine_address(*schemes: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        return SecretStr(engine_address(value.get_secret_value(), schemes))

    return AfterValidator(check)


def _public_address(*schemes: str) -> AfterValidator:
    return AfterValidator(lambda value: public_address(value, schemes) if value else value)


def _secret_as_given(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not re.fullmatch(r"[!-~]*", text):
        raise ValueError("holds a blank or another sign that no secret of the carrier's has")
    return secret


def _number_if_any(value: str) -> str:
    return configured_number(value) if value else value


def _split(value: object) -> object:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


DatabaseUrl = Annotated[SecretStr, _engine_address("postgresql", "postgres")]
RedisUrl = Annotated[SecretStr, _engine_address("redis", "rediss", "unix")]
HttpUrl = Annotated[str, _public_address("http", "https")]
SocketUrl = Annotated[str, _public_address("ws", "wss")]
CarrierSecret = Annotated[SecretStr, AfterValidator(_secret_as_given)]
Key = Annotated[SecretStr, AfterValidator(_checked_key)]
Port = Annotated[int, Field(ge=0, le=65535)]  # 0 = any free one
Seconds = Annotated[float, Field(gt=0, le=60)]


ENGINE_ADDRESSES = frozenset({"database_url", "migrate_database_url", "redis_url"})


def typed_in(path: Path) -> str:
    """Return the text of a small file as it was typed; OSError, or ValueError if it is not UTF-8."""
    try:
        return without_edges(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None


class Settings(BaseSettings):
    """One process's settings; read once by `load_settings`, then handed to whoever needs them."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: DatabaseUrl | None = None
    migrate_database_url: DatabaseUrl | None = None
    redis_url: RedisUrl | None = None
    data_dir: Path = Path(".data")
    helpline_dir: Path = PACKAGED_HELPLINES / "dlpm"

    bind_host: str = "127.0.0.1"
    # How many of our own proxies stand in front of every port: each adds one entry to
    # X-Forwarded-For. With 0 the header is not believed, and whoever connects is the client.
    proxy_hops: Annotated[int, Field(ge=0, le=9)] = 0
    public_port: Port = 8080
    chat_port: Port = 8081
    staff_port: Port = 8090
    emulator_port: Port = 8070
    metrics_port: Port = 9090
    # Nobody signs in to the metrics: they stay on loopback unless told otherwise.
    metrics_host: str = "127.0.0.1"
    # As people, partners and browsers see the service; empty = loopback and the port in use.
    public_base_url: HttpUrl = ""
    staff_base_url: HttpUrl = ""
    chat_base_url: SocketUrl = ""
    emulator_url: HttpUrl = ""  # where the desk finds the emulator; empty in production

    twilio_account_sid: Annotated[str, Field(pattern=r"^(AC[0-9a-f]{32})?$")] = ""
    twilio_auth_tokens: Annotated[tuple[CarrierSecret, ...], BeforeValidator(_split)] = ()
    # Secrets of Webhook Rules: requests signed with one carry a header of their own.
    twilio_shared_keys: Annotated[tuple[CarrierSecret, ...], BeforeValidator(_split)] = ()
    twilio_api_key_sid: Annotated[str, Field(pattern=r"^(SK[0-9a-f]{32})?$")] = ""
    twilio_api_key_secret: CarrierSecret | None = None
    twilio_api_base_url: HttpUrl = ""  # empty = Twilio's own hosts
    twilio_number: Annotated[str, AfterValidator(_number_if_any)] = ""
    twilio_cps: Annotated[float, Field(gt=0, le=100)] = 1  # outbound calls a second
    twilio_seconds: Seconds = 10

    vault_key: Key | None = None
    index_key: Key | None = None

    # Connections of one process; not given, by what it does: POOL_OF_ROLE.
    database_pool_size: Annotated[int, Field(ge=2, le=200)] | None = None
    database_connect_seconds: Seconds = 5
    database_statement_seconds: Seconds = 5
    redis_seconds: Seconds = 2
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load_settings` alone: a test or a command never reads its shell."""
        return (init_settings,)

    def require(self, *names: str) -> None:
        """Raise Misconfigured naming every setting of `names` that was not given."""
        missing = [
            f"environment: {name.upper()}: is required here (or {name.upper()}_FILE)"
            for name in names
            if getattr(self, name) in (None, "", ())
        ]
        if missing:
            raise Misconfigured(missing)

    def pool_size(self, roles: Collection[str]) -> int:
        """Return how many connections a process of these roles may hold."""
        if self.database_pool_size is not None:
            return self.database_pool_size
        return min(POOL_AT_MOST, sum(POOL_OF_ROLE[role] for role in roles))

    def redacted(self) -> dict[str, Any]:
        """Return every setting for people to read: secrets as `***`, addresses without theirs."""
        return {name: _shown(name, getattr(self, name)) for name in type(self).model_fields}


def _shown(name: str, value: object) -> Any:
    if isinstance(value, SecretStr):
        return shown_address(value.get_secret_value()) if name in ENGINE_ADDRESSES else "***"
    if isinstance(value, tuple):
        return [_shown(name, each) for each in value]
    return str(value) if isinstance(value, Path) else value


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of `environ`, the process's own when None.

    Raises Misconfigured with one line for every mistake; no line quotes a value.
    """
    given = os.environ if environ is None else environ  # noqa: TID251 - this is the one module
    values: dict[str, str] = {}
    mistakes: list[str] = []
    for name in Settings.model_fields:
        try:
            value = _read(name.upper(), given)
        except ValueError as error:
            mistakes.append(f"environment: {error}")
            continue
        if value:
            values[name] = value
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # text, parsed by the model
    except ValidationError as error:
        mistakes += [_mistake(dict(each)) for each in error.errors(include_input=False)]
    if mistakes:
        raise Misconfigured(mistakes)
    return settings


def _read(name: str, environ: Mapping[str, str]) -> str:
    direct, path = (
        without_edges(environ.get(name, "")),
        without_edges(environ.get(f"{name}_FILE", "")),
    )
    if direct and path:
        raise ValueError(f"{name}: is given twice, as {name} and as {name}_FILE")
    if not path:
        return direct
    try:
        return typed_in(Path(path))
    except OSError as error:
        raise ValueError(f"{name}_FILE: cannot be read ({type(error).__name__})") from None
    except ValueError as error:
        raise ValueError(f"{name}_FILE: {error}") from None


def _mistake(error: dict[str, Any]) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else ""
    reason = str(error["msg"]).removeprefix("Value error, ")
    return f"environment: {name}: {reason}"
