"""The demo's fictional staff: opened once for each data folder, found again afterwards."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from config.errors import Misconfigured, NotFound
from config.helpline.helpline import Helpline
from config.settings import Settings
from config.vocabulary import Role
from contactcenter.cli.staff_records import NewCredentials, new_credentials, staff_records
from contactcenter.engines.folder import write_private

FILE = "demo-accounts.json"


@dataclass(frozen=True, repr=False)
class DemoAccount:
    """A fictional member of staff, with all it takes to sign in as her."""

    login: str
    display_name: str
    role: Role
    password: str
    totp_secret: str


@dataclass(frozen=True)
class Person:
    """Somebody to make an account for: her team, if the helpline has it, and what she can do."""

    login: str
    display_name: str
    role: Role
    team: str | None
    skills: tuple[str, ...] = ()


PEOPLE = (
    Person("ines", "Inès", Role.LISTENER, "ecoute", ("minors", "lsf")),
    Person("malik", "Malik", Role.LISTENER, "ecoute", ("minors", "professionals")),
    Person("rose", "Rose", Role.LISTENER, "ecoute", ("interpreter",)),
    Person("ada", "Ada", Role.LISTENER, "specialiste", ("dlpm_specialist", "professionals")),
    Person("noe", "Noé", Role.LISTENER, "pre_accueil"),
    Person("jeanne", "Jeanne", Role.COORDINATOR, "coordination"),
    Person("paul", "Paul", Role.SUPERVISOR, "coordination"),
    Person("alix", "Alix", Role.ADMINISTRATOR, None),
)


async def make_accounts(settings: Settings, helpline: Helpline) -> list[DemoAccount]:
    """Return the accounts, opening those that the database lacks.

    Their passwords and secrets are kept in DATA_DIR, mode 0600: the database
    has the former hashed and the latter sealed. The file is written first, so
    a demo killed in between opens the missing ones the next time. Raises
    Misconfigured when a login is taken and its credentials are not in the file.
    """
    path = settings.data_dir.absolute() / FILE
    kept = {account.login: account for account in read_accounts(path)}
    accounts = [kept.get(person.login) or _made_up(person) for person in PEOPLE]
    async with staff_records(settings, helpline) as records:
        taken = {person.login for person in PEOPLE if await records.exists(person.login)}
        lost = sorted(taken - kept.keys())
        if lost:
            raise Misconfigured(
                [
                    f"{path}: the database has {login} but its credentials are not here"
                    for login in lost
                ]
            )
        write_private(path, json.dumps([asdict(account) for account in accounts], indent=2))
        for person, account in zip(PEOPLE, accounts, strict=True):
            if person.login not in taken:
                await records.add(
                    NewCredentials(account.password, account.totp_secret),
                    login=person.login,
                    display_name=person.display_name,
                    role=person.role,
                    profile_id=_team(helpline, person.team),
                    skills=_skills(helpline, person.skills),
                )
    return accounts


def read_accounts(path: Path) -> list[DemoAccount]:
    """Return the accounts kept in a file, none when there is no file."""
    if not path.exists():
        return []
    try:
        return [
            DemoAccount(**{**each, "role": Role(each["role"])})
            for each in json.loads(path.read_text())
        ]
    except (ValueError, TypeError, KeyError):
        raise Misconfigured([f"{path}: unreadable; remove it together with the database"]) from None


def demo_account(data_dir: Path, login: str) -> DemoAccount:
    """Return one of the demo's accounts; NotFound."""
    for account in read_accounts(data_dir.absolute() / FILE):
        if account.login == login:
            return account
    raise NotFound(f"no demo account has this login in {data_dir}")


def _made_up(person: Person) -> DemoAccount:
    fresh = new_credentials()
    return DemoAccount(
        person.login, person.display_name, person.role, fresh.password, fresh.totp_secret
    )


def _team(helpline: Helpline, team: str | None) -> str | None:
    """Return the person's team; another helpline's first one where it has none of that name."""
    if team is None:
        return None
    known = [each.id for each in helpline.profiles]
    return team if team in known else known[0]


def _skills(helpline: Helpline, skills: tuple[str, ...]) -> list[str]:
    known = {each.id for each in helpline.skills}
    return [skill for skill in skills if skill in known]
