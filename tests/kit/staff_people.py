"""Staff in memory: accounts, sessions, tickets, presence; for tests of the API's edge."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from config.errors import CentreError, NotSignedIn, TooMuch
from config.ids import new_id, new_token
from config.vocabulary import (
    PresenceState,
    Role,
)
from contactcenter.auth.principal import LiveTicket, OpenedSession
from contactcenter.centre.views import (
    PresenceView,
    StaffView,
)
from records.actor import Principal

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PASSWORD = "un mot de passe fictif"
TOTP = "123456"


def somebody(role: Role = Role.LISTENER, *, name: str = "Camille Fictive") -> Principal:
    """Return a person in a session of her own."""
    takes_contacts = role in {Role.LISTENER, Role.COORDINATOR}
    return Principal(
        staff_id=new_id(),
        session_id=new_id(),
        role=role,
        display_name=name,
        line_ids=frozenset({"dlpm"}),
        profile_id="all" if takes_contacts else None,
        max_chats=3,
    )


def staff_view(principal: Principal) -> StaffView:
    """Return the person as colleagues see her."""
    return StaffView(
        staff_id=principal.staff_id, display_name=principal.display_name, role=principal.role
    )


class MemoryAccounts:
    """Sessions and tickets in dictionaries; every login has the same password and code."""

    def __init__(self) -> None:
        self.people: dict[str, Principal] = {}
        self.sessions: dict[str, Principal] = {}
        self.tickets: dict[str, Principal] = {}
        self.addresses: list[str] = []
        self.attempts_left = 1000

    def person(self, login: str, role: Role = Role.LISTENER) -> Principal:
        """Open an account."""
        return self.people.setdefault(login, somebody(role))

    def token_of(self, principal: Principal) -> str:
        """Open a session without signing in."""
        token = new_token()
        self.sessions[token] = principal
        return token

    async def sign_in(self, login: str, password: str, totp: str, address: str) -> OpenedSession:
        self.addresses.append(address)
        if self.attempts_left <= 0:
            raise TooMuch(code="too_many_attempts", retry_after=42)
        principal = self.people.get(login)
        if principal is None or password != PASSWORD or totp != TOTP:
            self.attempts_left -= 1
            raise NotSignedIn(code="wrong_credentials")
        session = replace(principal, session_id=new_id())
        return OpenedSession(self.token_of(session), datetime(2036, 3, 2, tzinfo=UTC), session)

    async def principal(self, token: str) -> Principal:
        try:
            return self.sessions[token]
        except KeyError:
            raise NotSignedIn from None

    async def sign_out(self, principal: Principal) -> None:
        self.sessions = {
            token: one
            for token, one in self.sessions.items()
            if one.session_id != principal.session_id
        }

    async def live_ticket(self, principal: Principal) -> LiveTicket:
        ticket = secrets.token_urlsafe(16)
        self.tickets[ticket] = principal
        return LiveTicket(ticket, NOON + timedelta(seconds=30))

    async def redeem(self, ticket: str) -> Principal:
        principal = self.tickets.pop(ticket, None)
        if principal is None:
            raise NotSignedIn(code="ticket_refused")
        return principal

    async def still_signed_in(self, principal: Principal) -> None:
        if all(one.session_id != principal.session_id for one in self.sessions.values()):
            raise NotSignedIn


class MemoryPresence:
    """Presence by person, and how often each lease was renewed."""

    def __init__(self) -> None:
        self.states: dict[UUID, PresenceView] = {}
        self.heartbeats: dict[UUID, int] = {}
        self.failing: CentreError | None = None
        self.failures = 0

    async def current(self, principal: Principal) -> PresenceView:
        offline = PresenceView(state=PresenceState.OFFLINE, since=NOON, version=0)
        return self.states.get(principal.staff_id, offline)

    async def declare(self, principal: Principal, state: PresenceState) -> PresenceView:
        before = await self.current(principal)
        view = PresenceView(state=state, since=NOON, version=before.version + 1)
        self.states[principal.staff_id] = view
        return view

    async def leave(self, principal: Principal) -> None:
        if principal.staff_id in self.states:
            await self.declare(principal, PresenceState.OFFLINE)

    async def heartbeat(self, principal: Principal) -> bool:
        if self.failing is not None:
            self.failures += 1
            raise self.failing
        self.heartbeats[principal.staff_id] = self.heartbeats.get(principal.staff_id, 0) + 1
        return True
