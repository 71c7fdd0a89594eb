"""Small rules of the command line: keys, ports, an account kept, errors in groups."""

import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.errors import InvalidInput, Misconfigured, Unavailable
from config.settings import Settings, decode_key, load_settings
from contactcenter.cli import users
from contactcenter.cli.keys import with_keys
from contactcenter.cli.ports import with_ports
from contactcenter.cli.running import run_async
from contactcenter.cli.staff_records import new_credentials
from contactcenter.cli.telephone import account_of


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings(data_dir=folder, **more)  # type: ignore[arg-type]


def test_keys_are_made_once_and_stand_beside_the_engines(tmp_path: Path) -> None:
    first = with_keys(settings_in(tmp_path))
    assert first.vault_key is not None
    assert first.index_key is not None
    assert len(decode_key(first.vault_key)) == len(decode_key(first.index_key)) == 32
    assert first.vault_key != first.index_key
    files = sorted((tmp_path / "keys").iterdir())
    assert [path.name for path in files] == ["index_key", "vault_key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert with_keys(settings_in(tmp_path)) == first


def test_keys_that_the_settings_bring_are_left_alone(tmp_path: Path) -> None:
    given = load_settings(
        {"DATA_DIR": str(tmp_path), "VAULT_KEY": "11" * 32, "INDEX_KEY": "22" * 32}
    )
    assert with_keys(given) == given
    assert list(tmp_path.iterdir()) == []


def test_a_port_of_zero_becomes_a_free_one_and_all_differ(tmp_path: Path) -> None:
    names = ("public_port", "chat_port", "staff_port")
    chosen = with_ports(settings_in(tmp_path, **dict.fromkeys(names, 0)), *names)
    ports = [getattr(chosen, name) for name in names]
    assert all(ports)
    assert len(set(ports)) == len(ports)


def test_every_port_in_use_is_named_at_once(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        taken = settings_in(
            tmp_path, public_port=one.getsockname()[1], staff_port=two.getsockname()[1]
        )
        with pytest.raises(Misconfigured) as refused:
            with_ports(taken, "public_port", "staff_port")
    assert [mistake.split(":")[1].strip() for mistake in refused.value.mistakes] == [
        "PUBLIC_PORT",
        "STAFF_PORT",
    ]


def test_the_emulated_account_is_made_once_in_twilio_s_shapes(tmp_path: Path) -> None:
    account = account_of(tmp_path)
    assert account == account_of(tmp_path)
    Settings(twilio_account_sid=account.account_sid, twilio_api_key_sid=account.api_key_sid)
    assert stat.S_IMODE((tmp_path / "telephone.json").stat().st_mode) == 0o600


def test_a_damaged_account_file_is_refused_by_name_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "telephone.json").write_text(json.dumps({"auth_token": "sesame"}))
    with pytest.raises(Misconfigured) as refused:
        account_of(tmp_path)
    assert "telephone.json" in str(refused.value)
    assert "sesame" not in str(refused.value)


def test_made_up_passwords_are_long_and_never_repeat() -> None:
    made = {new_credentials().password for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) >= 15 for password in made)
    assert new_credentials("her own one").password == "her own one"


def test_an_error_of_ours_comes_out_of_task_groups() -> None:
    async def fail() -> None:
        raise Unavailable("gone", code="database_unavailable")

    async def work() -> None:
        async with asyncio.TaskGroup() as outer:

            async def inner() -> None:
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())

            outer.create_task(inner())

    with pytest.raises(Unavailable, match="gone"):
        run_async(work())


def test_an_unknown_error_in_a_group_stays_as_it_was() -> None:
    async def work() -> None:
        async with asyncio.TaskGroup():
            raise ZeroDivisionError

    with pytest.raises(BaseExceptionGroup):
        run_async(work())


@pytest.mark.parametrize(
    "asked",
    [("set", "zoe"), ("lines",), ("lines", "zoe", "--all"), ("skills", "zoe", "x", "--none")],
)
def test_a_user_command_that_asks_for_nothing_or_two_things_is_refused(
    asked: tuple[str, ...],
) -> None:
    answer = CliRunner().invoke(users.app, asked)
    assert isinstance(answer.exception, InvalidInput)
