"""The doctor: what is right, what is wrong, and what to do about it; nothing is changed."""

from pathlib import Path

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from redis.asyncio import Redis

from config.errors import Misconfigured, Unavailable
from config.helpline.load import load_helpline
from config.settings import Settings
from config.vocabulary import Role
from contactcenter.cli import doctor_capacity, doctor_engines, doctor_upgrade
from contactcenter.cli.staff_records import new_credentials, staff_records
from contactcenter.telephony.signature import WebhookSecrets, WebhookSignature
from contactcenter.voice import proof
from records.migrate import head_revision
from routing.steps.format import FORMAT
from tests.kit.engines import DatabaseAddresses
from tests.kit.settings import settings_for
from tests.kit.site import helpline_with

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, redis_url, tmp_path)


async def test_engines_schema_and_keys_are_found_good(settings: Settings) -> None:
    assert await doctor_engines.postgresql(settings) == "PostgreSQL 18"
    assert await doctor_upgrade.schema(settings) == f"at {head_revision()}"
    assert (await doctor_engines.redis(settings)).startswith("Valkey ")
    assert await doctor_engines.keys(settings) == "both open this database"


async def test_accounts_that_lack_a_line_are_named_with_what_to_do(
    settings: Settings, migrate_database_url: str
) -> None:
    helpline = load_helpline(settings.helpline_dir)
    async with staff_records(settings, helpline) as records:
        for login in ("zoe", "lea", "gone"):
            await records.add(
                new_credentials(),
                login=login,
                display_name=login,
                role=Role.LISTENER,
                profile_id=helpline.profiles[0].id,
            )
        await records.set_active("gone", active=False)
        assert await doctor_engines.accounts(settings) == "2 open, each for every line"
        owner = await asyncpg.connect(migrate_database_url)
        await owner.execute("DELETE FROM staff_line WHERE line_id = 'snated'")
        await owner.close()
        await records.add_lines("lea")
        with pytest.raises(Misconfigured) as named:
            await doctor_engines.accounts(settings)
    (mistake,) = named.value.mistakes
    assert mistake.startswith("zoe lacks snated")
    assert mistake.endswith("run: contactcenter user lines zoe")


async def test_listeners_who_can_be_offered_nothing_are_named_with_what_to_do(
    settings: Settings, migrate_database_url: str
) -> None:
    helpline = load_helpline(settings.helpline_dir)
    async with staff_records(settings, helpline) as records:
        for login, role in (("lea", Role.LISTENER), ("zoe", Role.LISTENER), ("max", Role.ANALYST)):
            team = helpline.profiles[0].id if role is Role.LISTENER else None
            about = {"login": login, "display_name": login, "role": role}
            await records.add(new_credentials(), **about, profile_id=team)
    owner = await asyncpg.connect(migrate_database_url)
    await owner.execute("UPDATE staff SET profile_id = NULL WHERE login = 'lea'")
    await owner.execute("UPDATE staff SET profile_id = 'a_team_of_before' WHERE login = 'zoe'")
    await owner.close()
    with pytest.raises(Misconfigured) as named:
        await doctor_engines.accounts(settings)
    assert [mistake.partition(",")[0] for mistake in named.value.mistakes] == [
        "lea is a listener of no team",
        "zoe is a listener of a_team_of_before",
    ]
    assert "contactcenter user set lea --profile" in named.value.mistakes[0]


async def test_looking_at_the_keys_of_an_empty_database_fixes_none(
    settings: Settings, migrate_database_url: str
) -> None:
    await doctor_engines.keys(settings)
    owner = await asyncpg.connect(migrate_database_url)
    assert await owner.fetchval("SELECT count(*) FROM keys.check_value") == 0
    await owner.close()


async def test_a_database_without_our_schema_is_told_how_to_be_migrated(
    settings: Settings, blank_database: DatabaseAddresses
) -> None:
    blank = settings.model_copy(update={"database_url": SecretStr(blank_database.runtime)})
    with pytest.raises(Misconfigured, match="run: contactcenter migrate"):
        await doctor_upgrade.schema(blank)


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("0001", "run: contactcenter migrate"),
        ("0099", "too old for this database"),
    ],
)
async def test_a_schema_older_or_newer_than_the_program_is_told_apart(
    settings: Settings, migrate_database_url: str, revision: str, said: str
) -> None:
    await _set_revision(migrate_database_url, revision)
    with pytest.raises(Misconfigured, match=said):
        await doctor_upgrade.schema(settings)
    if revision == "0001":
        assert "will bring it to" in await doctor_upgrade.schema_before(settings)


async def test_the_release_before_may_start_again_while_an_upgrade_is_under_way(
    settings: Settings, migrate_database_url: str
) -> None:
    following = f"{int(head_revision()) + 1:04}"
    await _set_revision(migrate_database_url, following)
    assert "an upgrade is under way" in await doctor_upgrade.schema(settings)


async def _set_revision(owner_url: str, revision: str) -> None:
    owner = await asyncpg.connect(owner_url)
    await owner.execute("UPDATE alembic_version SET version_num = $1", revision)
    await owner.close()


async def test_the_doctor_says_of_rules_and_index_what_serve_will_say(
    settings: Settings, tmp_path: Path, migrate_database_url: str
) -> None:
    helpline = load_helpline(settings.helpline_dir)
    assert helpline.config_version[:12] in await doctor_upgrade.rules(settings)
    owner = await asyncpg.connect(migrate_database_url)
    assert await owner.fetchval("SELECT count(*) FROM form_version") == 0, "nothing of it stays"
    await owner.close()
    async with staff_records(settings, helpline):
        pass
    folder = helpline_with(tmp_path)
    path = folder / "forms" / "wrap_up.toml"
    path.write_text(path.read_text("utf-8").replace("max_chars = 100", "max_chars = 90"))
    changed = settings.model_copy(update={"helpline_dir": folder})
    with pytest.raises(Misconfigured) as doctors:
        await doctor_upgrade.rules(changed)
    with pytest.raises(Misconfigured) as serves:
        async with staff_records(changed, load_helpline(folder)):
            pass
    assert doctors.value.mistakes == serves.value.mistakes
    assert "wrap_up.toml: version: 2 was in force with other content" in str(doctors.value)

    assert settings.redis_url is not None
    redis = Redis.from_url(settings.redis_url.get_secret_value())
    assert "both releases" in await doctor_upgrade.index(settings)
    assert await redis.dbsize() == 0
    await redis.set(f"{{{helpline.line.pool}}}:format", FORMAT + 1)
    with pytest.raises(Misconfigured, match="no rolling upgrade"):
        await doctor_upgrade.index(settings)
    await redis.aclose()


async def test_connections_of_all_processes_are_added_up_against_the_server(
    settings: Settings, migrate_database_url: str
) -> None:
    assert settings.database_pool_size is None
    assert "up to 61 connections" in await doctor_capacity.connections(settings)
    greedy = settings.model_copy(update={"database_pool_size": 200})
    with pytest.raises(Misconfigured, match="raise max_connections"):
        await doctor_capacity.connections(greedy)
    owner = await asyncpg.connect(migrate_database_url)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 40")
    await owner.close()
    with pytest.raises(Misconfigured, match="this role may have 40"):
        await doctor_capacity.connections(settings)


async def test_a_shared_key_is_proved_and_what_it_changes_is_said(
    settings: Settings, unused_tcp_port: int
) -> None:
    public = f"http://127.0.0.1:{unused_tcp_port}"
    keyed = settings.model_copy(
        update={
            "twilio_account_sid": "AC" + "0" * 32,
            "twilio_auth_tokens": (SecretStr(TOKEN),),
            "twilio_shared_keys": (SecretStr("of today"), SecretStr("of tomorrow")),
            "public_base_url": public,
        }
    )
    service = voice_service(public, shared_keys=("of today", "of tomorrow"))
    async with TestServer(service, port=unused_tcp_port):
        said = await proof.webhooks(keyed)
    assert "1 token(s) and 2 shared key(s) with HMAC_SHA256" in said
    assert "time-outs and retries are then those of the account's Webhook Setting" in said


async def test_a_superuser_is_refused_at_run_time(
    settings: Settings, admin_database_url: str
) -> None:
    wrong = settings.model_copy(update={"database_url": SecretStr(admin_database_url)})
    with pytest.raises(Misconfigured, match="no superuser"):
        await doctor_engines.postgresql(wrong)


async def test_the_owner_role_is_refused_at_run_time(
    settings: Settings, migrate_database_url: str
) -> None:
    wrong = settings.model_copy(update={"database_url": SecretStr(migrate_database_url)})
    with pytest.raises(Misconfigured, match="the owner role"):
        await doctor_engines.postgresql(wrong)


async def test_absent_engines_are_named_by_their_setting(settings: Settings) -> None:
    nowhere = settings.model_copy(
        update={
            "database_url": SecretStr("postgresql://somebody:secret@127.0.0.1:1/nothing"),
            "redis_url": SecretStr("redis://:secret@127.0.0.1:1/0"),
        }
    )
    for check, name in (
        (doctor_engines.postgresql, "DATABASE_URL"),
        (doctor_engines.redis, "REDIS_URL"),
    ):
        with pytest.raises(Unavailable, match=name) as refused:
            await check(nowhere)
        assert "secret" not in str(refused.value)


def voice_service(
    public_base_url: str, *, believes_all: bool = False, shared_keys: tuple[str, ...] = ()
) -> web.Application:
    async def status(request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        signature = WebhookSignature(public_base_url, WebhookSecrets((TOKEN,), shared_keys))
        valid = signature.is_valid(request.path_qs, form, request.headers)
        return web.Response(status=204 if valid or believes_all else 403)

    app = web.Application()
    app.router.add_post(proof.PATH, status)
    return app


@pytest.mark.parametrize(
    ("known_as", "believes_all", "complaint"),
    [
        (None, False, None),
        ("https://elsewhere.example", False, "was answered 403"),
        (None, True, "forged request was not refused"),
    ],
)
async def test_webhooks_are_proved_by_a_signed_and_a_forged_request(
    settings: Settings,
    known_as: str | None,
    believes_all: bool,
    complaint: str | None,
    unused_tcp_port: int,
) -> None:
    public = f"http://127.0.0.1:{unused_tcp_port}"
    service = voice_service(known_as or public, believes_all=believes_all)
    with_twilio = settings.model_copy(
        update={
            "twilio_account_sid": "AC" + "0" * 32,
            "twilio_auth_tokens": (SecretStr(TOKEN),),
            "public_base_url": public,
        }
    )
    async with TestServer(service, port=unused_tcp_port):
        if complaint is None:
            said = await proof.webhooks(with_twilio)
            assert "believes 1 token(s), no shared key" in said
            # A key that the service was not given is named by its setting.
            keyed = with_twilio.model_copy(update={"twilio_shared_keys": (SecretStr("key"),)})
            with pytest.raises(Misconfigured, match=r"TWILIO_SHARED_KEYS \(key 1\)"):
                await proof.webhooks(keyed)
        else:
            with pytest.raises(Misconfigured, match=complaint):
                await proof.webhooks(with_twilio)
    with pytest.raises(Unavailable, match="not reached"):
        await proof.webhooks(with_twilio)
