"""Settings: from a mapping, from files, every mistake at once, no secret shown."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from config.addresses import origins_of
from config.errors import Misconfigured
from config.settings import PACKAGED_HELPLINES, Settings, decode_key, load_settings

KEY = bytes(range(200, 232))
SECRETS = {
    "DATABASE_URL": "postgresql://app:pw-one@db.example:5433/centre?password=pw-two",
    "MIGRATE_DATABASE_URL": "postgres://owner:pw-three@db.example/centre",
    "REDIS_URL": "rediss://:pw-four@cache.example:6380/0",
    "TWILIO_AUTH_TOKENS": "token-one, token-two,",
    "TWILIO_API_KEY_SECRET": "secret-five",
    "VAULT_KEY": KEY.hex(),
    "INDEX_KEY": base64.urlsafe_b64encode(KEY).decode().rstrip("="),
}


def mistakes(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as refused:
        load_settings(environ)
    return refused.value.mistakes


def test_defaults_are_those_of_the_design() -> None:
    settings = load_settings({})
    assert (settings.public_port, settings.chat_port, settings.staff_port) == (8080, 8081, 8090)
    assert (settings.emulator_port, settings.metrics_port) == (8070, 9090)
    assert settings.twilio_cps == 1
    assert settings.twilio_api_base_url == ""
    assert settings.helpline_dir == PACKAGED_HELPLINES / "dlpm"
    assert settings.database_url is None
    assert settings.bind_host == "127.0.0.1"


def test_own_environment_is_read_only_when_nothing_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUBLIC_PORT", "9000")
    assert load_settings().public_port == 9000
    assert load_settings({}).public_port == 8080


def test_any_setting_may_come_from_a_file(settings_file: Callable[[str], str]) -> None:
    path = settings_file(f"  {KEY.hex()}\n")
    key = load_settings({"VAULT_KEY_FILE": path}).vault_key
    assert key is not None
    assert decode_key(key) == KEY


def test_empty_value_counts_as_not_given() -> None:
    assert load_settings({"PUBLIC_PORT": "", "REDIS_URL_FILE": ""}) == load_settings({})


def test_tokens_are_separated_by_commas() -> None:
    tokens = load_settings({"TWILIO_AUTH_TOKENS": " a, b,,"}).twilio_auth_tokens
    assert [token.get_secret_value() for token in tokens] == ["a", "b"]


def test_paths_and_numbers_are_converted() -> None:
    settings = load_settings({"DATA_DIR": "somewhere", "TWILIO_CPS": "2.5", "METRICS_PORT": "0"})
    assert settings.data_dir == Path("somewhere")
    assert settings.twilio_cps == 2.5
    assert settings.metrics_port == 0


def test_base_addresses_lose_their_last_slash() -> None:
    assert (
        load_settings({"PUBLIC_BASE_URL": "https://x.example/"}).public_base_url
        == "https://x.example"
    )


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PUBLIC_PORT": "70000"}, "environment: PUBLIC_PORT: Input should be less than or equal to 65535"),
        ({"PUBLIC_PORT": "http"}, "environment: PUBLIC_PORT: Input should be a valid integer"),
        ({"DATABASE_URL": "mysql://x/y"}, "environment: DATABASE_URL: must be an address starting with postgresql or postgres://"),
        ({"REDIS_URL": "http://x"}, "environment: REDIS_URL: must be an address starting with redis or rediss or unix://"),
        ({"PUBLIC_BASE_URL": "x.example"}, "environment: PUBLIC_BASE_URL: must be an address starting with http or https://"),
        ({"PUBLIC_BASE_URL": "https://u:p@x.example"}, "environment: PUBLIC_BASE_URL: must have no user, query or fragment"),
        ({"PUBLIC_BASE_URL": "https://x.example/?a=1"}, "environment: PUBLIC_BASE_URL: must have no user, query or fragment"),
        ({"CHAT_BASE_URL": "https://x.example"}, "environment: CHAT_BASE_URL: must be an address starting with ws or wss://"),
        ({"VAULT_KEY": "abcd"}, "environment: VAULT_KEY: must be 32 bytes in hexadecimal or base64"),
        ({"VAULT_KEY": "abc"}, "environment: VAULT_KEY: must be 32 bytes in hexadecimal or base64"),
        ({"VAULT_KEY": "é" * 43}, "environment: VAULT_KEY: must be 32 bytes in hexadecimal or base64"),
        ({"TWILIO_ACCOUNT_SID": "AC12"}, "environment: TWILIO_ACCOUNT_SID: String should match"),
        ({"TWILIO_NUMBER": "0199000119"}, "environment: TWILIO_NUMBER: must be a telephone number in E.164"),
        ({"TWILIO_CPS": "0"}, "environment: TWILIO_CPS: Input should be greater than 0"),
        ({"LOG_LEVEL": "loud"}, "environment: LOG_LEVEL: Input should be 'debug'"),
        ({"INDEX_KEY_FILE": "/no/such/file"}, "environment: INDEX_KEY_FILE: cannot be read (FileNotFoundError)"),
        ({"REDIS_URL": "redis://x", "REDIS_URL_FILE": "/x"}, "environment: REDIS_URL: is given twice, as REDIS_URL and as REDIS_URL_FILE"),
    ],
)  # fmt: skip
def test_wrong_value_is_named_by_its_variable(environ: dict[str, str], expected: str) -> None:
    (found,) = mistakes(environ)
    assert found.startswith(expected)


def test_every_mistake_is_said_at_once_and_no_value_quoted() -> None:
    found = mistakes(
        {
            "VAULT_KEY": "hush",
            "PUBLIC_PORT": "hush",
            "DATABASE_URL": "hush://hush",
            "REDIS_URL_FILE": "/hush",
        }
    )
    assert len(found) == 4
    assert "hush" not in "\n".join(found)


def test_file_that_is_not_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")
    (found,) = mistakes({"VAULT_KEY_FILE": str(tmp_path / "key")})
    assert found == "environment: VAULT_KEY_FILE: is not text in UTF-8"


@pytest.mark.parametrize(
    "spelling",
    [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode().rstrip("="),
    ],
)
def test_key_is_read_in_hexadecimal_and_base64(spelling: str) -> None:
    assert decode_key(SecretStr(spelling)) == KEY


def test_secrets_are_in_no_print_of_the_settings() -> None:
    settings = load_settings(SECRETS)
    shown = json.dumps(settings.redacted()) + repr(settings) + str(settings)
    for secret in ("pw-", "token-", "secret-five", KEY.hex(), SECRETS["INDEX_KEY"]):
        assert secret not in shown
    assert settings.redacted()["database_url"] == "postgresql://***@db.example:5433/centre"
    assert settings.redacted()["twilio_auth_tokens"] == ["***", "***"]
    assert settings.redacted()["vault_key"] == "***"
    assert settings.redacted()["twilio_api_key_secret"] == "***"
    assert settings.redacted()["index_key"] == "***"
    assert load_settings({}).redacted()["vault_key"] is None


def test_required_settings_are_asked_for_together() -> None:
    load_settings(SECRETS).require("database_url", "redis_url", "twilio_auth_tokens")
    with pytest.raises(Misconfigured) as refused:
        load_settings({}).require(
            "database_url", "public_base_url", "twilio_auth_tokens", "public_port"
        )
    assert refused.value.mistakes == (
        "environment: DATABASE_URL: is required here (or DATABASE_URL_FILE)",
        "environment: PUBLIC_BASE_URL: is required here (or PUBLIC_BASE_URL_FILE)",
        "environment: TWILIO_AUTH_TOKENS: is required here (or TWILIO_AUTH_TOKENS_FILE)",
    )


def test_settings_cannot_be_changed_nor_misspelt() -> None:
    with pytest.raises(ValidationError):
        load_settings({}).public_port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Settings(public_prot=1)  # type: ignore[call-arg]


def test_every_setting_is_documented() -> None:
    page = (PACKAGED_HELPLINES.parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert f"| `{name.upper()}` |" in page, name


SECRET = "Zq7w"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:Zq7w#2026@db.example/cc", "postgresql://app:Zq7w/2026@db.example/cc",
        "postgresql://app:Zq7w?2026@db.example/cc", "postgresql://app:x[Zq7w]y@db.example/cc",
        "postgresql://app:[Zq7w@db.example/cc", "postgresql://app:x@Zq7w@db.example/cc",
        "postgresql://app:Zq7w%@db.example/cc", "postgresql://app:%zzZq7w@db.example/cc",
        "postgresql://app:Zq7w x@db.example/cc", "postgresql://app:Zq7w\\x@db.example/cc",
        "postgresql://app:x\u200bZq7w@db.example/cc", "postgresql://app:Zq7w", "postgresql:Zq7w",
        "postgresql://db.example:Zq7w/cc", "postgresql://db.example:70000/Zq7w",
        "postgresql://h1:5432,h2:Zq7w/cc", "mysql://app:Zq7w@db.example/cc", "Zq7w",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_an_address_that_its_password_cuts_is_refused_and_no_part_of_it_shown(
    name: str, address: str
) -> None:
    if name == "REDIS_URL":
        address = address.replace("postgresql:", "redis:")
    (found,) = mistakes({name: address})
    assert found.startswith(f"environment: {name}: ")
    assert SECRET not in found


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://app:p%23w@h1:5432,h2:5433/cc?target_session_attrs=read-write", "postgresql://***@h1:5432,h2:5433/cc"),
        ("postgresql:///cc?host=/var/run/postgresql&password=Zq7w@x", None),
        ("postgresql:///cc?host=/var/run/postgresql&password=Zq7w", "postgresql://***@/cc"),
        ("postgres://app@[::1]:5432/cc", "postgres://***@[::1]:5432/cc"),
        (" postgresql://app:Zq7w@db.example/cc\r\n", "postgresql://***@db.example/cc"),
    ],
)  # fmt: skip
def test_an_address_that_can_be_read_in_one_way_is_taken_and_shown_without_secrets(
    address: str, shown: str | None
) -> None:
    if shown is None:
        assert len(mistakes({"DATABASE_URL": address})) == 1
        return
    settings = load_settings({"DATABASE_URL": address})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == address.strip()
    assert settings.redacted()["database_url"] == shown


def test_a_secret_that_looks_like_an_address_is_not_shown_as_one() -> None:
    settings = load_settings({"TWILIO_API_KEY_SECRET": "a://Zq7w/x", "TWILIO_AUTH_TOKENS": "b://c"})
    assert settings.redacted()["twilio_api_key_secret"] == "***"
    assert settings.redacted()["twilio_auth_tokens"] == ["***"]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://Help.Example.ORG", "https://help.example.org"),
        ("HTTPS://help.example.org:443/", "https://help.example.org"),
        ("http://help.example.org:80", "http://help.example.org"),
        ("https://help.example.org:8443", "https://help.example.org:8443"),
        (" https://help.example.org\r", "https://help.example.org"),
        ("\ufeffhttps://help.example.org\u00a0\n", "https://help.example.org"),
        ("https://écoute.example.org", "https://xn--coute-9ra.example.org"),
        ("https://E\u0301COUTE.example.org", "https://xn--coute-9ra.example.org"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
    ],
)  # fmt: skip
def test_a_public_address_is_read_as_browsers_write_it(typed: str, address: str) -> None:
    settings = load_settings({"PUBLIC_BASE_URL": typed})
    assert settings.public_base_url == address
    assert address in origins_of(settings.public_base_url)


@pytest.mark.parametrize(
    "typed",
    [
        "https://help example.org", "https://help.example.org\\x", "https://help.example.org:port",
        "https://help.example.org:99999", "https://", "//help.example.org", "https://help.example.org#Zq7w",
        "https://help.example.org/?Zq7w", "https://Zq7w@help.example.org", "https://[::1", "ftp://x",
        "https://help\u200b.example.org", "https://help.example.org\t/x",
    ],
)  # fmt: skip
def test_what_is_no_public_address_is_refused_without_being_quoted(typed: str) -> None:
    for name in ("PUBLIC_BASE_URL", "STAFF_BASE_URL", "EMULATOR_URL", "TWILIO_API_BASE_URL"):
        (found,) = mistakes({name: typed})
        assert found.startswith(f"environment: {name}: must ")
        assert SECRET not in found


def test_the_names_of_loopback_are_one_origin_and_a_path_is_none_of_it() -> None:
    names = {f"http://{host}:8080" for host in ("127.0.0.1", "localhost", "[::1]")}
    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert origins_of(f"http://{host}:8080") == names
    assert origins_of("https://help.example.org/line") == {"https://help.example.org"}
    assert origins_of("wss://help.example.org:8443/chat") == {"https://help.example.org:8443"}


def test_a_value_saved_on_windows_is_the_value_alone(tmp_path: Path) -> None:
    token = "0123456789abcdef0123456789abcdef"
    path = tmp_path / "token"
    path.write_bytes(b"\xef\xbb\xbf" + token.encode() + b"\r\n")
    for environ in ({"TWILIO_AUTH_TOKENS_FILE": f"{path}\r"}, {"TWILIO_AUTH_TOKENS": f"{token}\r"}):
        (read,) = load_settings(environ).twilio_auth_tokens
        assert read.get_secret_value() == token
    path.write_bytes(token.encode("utf-16"))
    (found,) = mistakes({"TWILIO_AUTH_TOKENS_FILE": str(path)})
    assert found == "environment: TWILIO_AUTH_TOKENS_FILE: is not text in UTF-8"
    for inside in ("0123 4567", "0123\u00a04567", "0123\u200b4567", "0123\x004567"):
        (found,) = mistakes({"TWILIO_AUTH_TOKENS": inside})
        assert found.startswith("environment: TWILIO_AUTH_TOKENS: holds a blank")
