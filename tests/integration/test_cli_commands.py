"""The commands as an operator types them: what they say, and with which code they end."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

import asyncpg
from argon2 import PasswordHasher

from records.migrate import head_revision
from tests.kit.engines import DatabaseAddresses
from tests.kit.settings import environment
from tests.kit.stem import ROOT, stem_of_tests

COMMAND_SECONDS = 90.0


async def contactcenter(
    *arguments: str, settings: Mapping[str, str] | None = None, typed: str = ""
) -> tuple[int, str, str]:
    """Run a command with these settings and nothing else; return its code and what it said."""
    stem = stem_of_tests.get()
    assert stem is not None, "a test has one"
    with TemporaryFile() as asked, TemporaryFile() as out, TemporaryFile() as err:
        asked.write(typed.encode())
        asked.seek(0)
        process = stem.fork(
            "contactcenter",
            arguments,
            cwd=ROOT,
            environment={"PATH": os.defpath, "COLUMNS": "100", **(settings or {})},
            stdin=asked.fileno(),
            stdout=out.fileno(),
            stderr=err.fileno(),
        )
        async with asyncio.timeout(COMMAND_SECONDS):
            code = await process.wait()
        said = [(each.seek(0), each.read().decode())[1] for each in (out, err)]
    return code, said[0], said[1]


async def test_serve_without_engines_says_every_missing_setting_and_does_not_start() -> None:
    code, out, err = await contactcenter("serve")
    assert code == 2
    assert out == ""
    told = [line.split(":")[1].strip() for line in err.splitlines()]
    assert told == ["DATABASE_URL", "REDIS_URL", "VAULT_KEY", "INDEX_KEY"]


async def test_serve_refuses_an_emulator_that_it_was_not_told_of() -> None:
    code, _, err = await contactcenter("serve", settings={"EMULATOR_URL": "http://127.0.0.1:8070"})
    assert code == 2
    assert "--with-emulator" in err


async def test_serve_embedded_refuses_engines_that_are_also_named(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgresql://u@127.0.0.1:1/d", "DATA_DIR": str(tmp_path / "data")}
    code, _, err = await contactcenter("serve", "--embedded", settings=named)
    assert code == 2
    assert err.startswith("environment: DATABASE_URL:")
    assert not (tmp_path / "data").exists()


async def test_wrong_settings_are_all_told_at_once_without_their_values() -> None:
    code, _, err = await contactcenter(
        "print-config", settings={"PUBLIC_PORT": "sesame", "VAULT_KEY": "open sesame"}
    )
    assert code == 2
    assert sorted(line.split(":")[1].strip() for line in err.splitlines()) == [
        "PUBLIC_PORT",
        "VAULT_KEY",
    ]
    assert "sesame" not in err


async def test_print_config_shows_no_secret(tmp_path: Path) -> None:
    settings = environment(
        database_url="postgresql://u:sesame@db:5432/d",
        redis_url="redis://:sesame@index:6379/0",
        data_dir=tmp_path,
    )
    code, out, _ = await contactcenter("print-config", settings=settings)
    assert code == 0
    assert "postgresql://***@db:5432/d" in out
    assert "sesame" not in out
    assert settings["VAULT_KEY"] not in out


async def test_check_config_lists_lanes_and_profiles_of_a_good_helpline() -> None:
    code, out, err = await contactcenter("check-config", "config/helplines/dlpm")
    assert (code, err) == (0, "")
    assert "\n  dlpm:" in out
    assert "profiles" in out


async def test_check_config_tells_every_mistake_with_its_file(tmp_path: Path) -> None:
    code, out, err = await contactcenter("check-config", str(tmp_path))
    assert (code, out) == (2, "")
    missing = {line.split(":")[0] for line in err.splitlines()}
    assert {"line.toml", "queues.toml", "hours.toml"} <= missing


async def test_migrate_brings_an_empty_database_to_this_version_and_may_be_repeated(
    blank_database: DatabaseAddresses, redis_url: str, tmp_path: Path
) -> None:
    settings = environment(
        database_url=blank_database.runtime,
        migrate_database_url=blank_database.owner,
        redis_url=redis_url,
        data_dir=tmp_path,
    )
    for _ in range(2):
        code, out, err = await contactcenter("migrate", settings=settings)
        assert (code, err) == (0, "")
        assert head_revision() in out
    code, out, _ = await contactcenter("doctor", settings=settings)
    assert code == 0, out
    assert "WRONG" not in out


async def test_doctor_tells_all_that_is_wrong_and_ends_with_one() -> None:
    code, out, _ = await contactcenter("doctor")
    assert code == 1
    wrong = {line.split()[1].rstrip(":") for line in out.splitlines() if line.startswith("WRONG")}
    assert wrong >= {"postgresql", "schema", "rules", "redis", "index", "keys", "accounts"}


async def test_an_account_is_added_with_a_typed_password_that_is_never_shown(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = environment(database_url=database_url, redis_url=redis_url, data_dir=tmp_path)
    code, out, err = await contactcenter(
        *("user", "add", "zoe", "--name", "Zoé", "--profile", "ecoute", "--password-stdin"),
        settings=settings,
        # As a file of Windows has it: a byte order mark first, two signs at the line's end.
        typed="\ufeffa long passphrase\r\n",
    )
    assert code == 0, err
    assert "code secret:" in out
    assert "passphrase" not in out + err
    stored = await _value(database_url, "SELECT password_hash FROM staff WHERE login = 'zoe'")
    assert PasswordHasher().verify(stored, "a long passphrase")
    code, out, err = await contactcenter(
        *("user", "set", "zoe", "--max-chats", "2", "--profile", "coordination"), settings=settings
    )
    assert code == 0, err
    assert out.split()[:5] == ["zoe", "listener", "coordination", "open", "2"]
    code, out, err = await contactcenter("user", "second-factor", "zoe", settings=settings)
    assert code == 0, err
    assert "code secret:" in out
    assert "password:" not in out
    code, out, _ = await contactcenter("user", "lines", "--all", settings=settings)
    assert out.split() == ["zoe", "dlpm", "snated"]
    code, _, err = await contactcenter(
        *("user", "add", "zoe", "--name", "Zoé", "--profile", "ecoute"), settings=settings
    )
    assert code == 1
    assert err.startswith("login_taken:")


async def test_a_weak_password_and_an_unknown_profile_are_refused(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = environment(database_url=database_url, redis_url=redis_url, data_dir=tmp_path)
    add = ("user", "add", "zoe", "--name", "Zoé")
    code, _, err = await contactcenter(*add, "--profile", "none", settings=settings)
    assert (code, err.split(":")[0]) == (1, "profile_unknown")
    code, _, err = await contactcenter(*add, settings=settings)
    assert (code, err.split(":")[0]) == (1, "profile_needed")
    add = (*add, "--profile", "ecoute")
    code, _, err = await contactcenter(*add, "--password-stdin", settings=settings, typed="short\n")
    assert (code, err.split(":")[0]) == (1, "weak_password")


async def test_the_version_and_its_schema_are_told_without_any_setting() -> None:
    code, out, err = await contactcenter("--version")
    assert (code, err) == (0, "")
    assert out.split()[0] == "contactcenter"
    assert out.strip().endswith(f"schema {head_revision()}")


async def test_no_command_shows_a_part_of_a_password_that_cuts_its_address(tmp_path: Path) -> None:
    settings = environment(
        database_url="postgresql://app:Zq7w#2026@db.example/cc",
        redis_url="redis://:Zq7w/1@cache.example:6379/0",
        data_dir=tmp_path,
    )
    for command in ("print-config", "doctor", "serve"):
        code, out, err = await contactcenter(command, settings=settings)
        assert code != 0
        for name in ("DATABASE_URL", "REDIS_URL"):
            assert f"environment: {name}: its user or password holds a sign" in out + err
        assert "Zq7w" not in out + err
        assert "Traceback" not in out + err


async def test_a_restore_before_the_schema_is_there_says_what_to_run(
    blank_database: DatabaseAddresses, database: DatabaseAddresses, redis_url: str, tmp_path: Path
) -> None:
    def of(addresses: DatabaseAddresses) -> dict[str, str]:
        return environment(
            database_url=addresses.runtime,
            migrate_database_url=addresses.owner,
            redis_url=redis_url,
            data_dir=tmp_path,
        )

    folder = str(tmp_path / "archives")
    code, _, err = await contactcenter("backup", folder, settings=of(database))
    assert code == 0, err
    code, _, err = await contactcenter("restore", folder, settings=of(blank_database))
    assert (code, err) == (2, "schema: not this version's; run: contactcenter migrate\n")


async def _value(database_url: str, statement: str) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        return str(await connection.fetchval(statement))
    finally:
        await connection.close()
