"""Asking every route about every object, and what is wrong with the answers."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from config.vocabulary import Role
from contactcenter.api.document import _common_codes
from contactcenter.api.endpoints import Endpoint
from records.actor import Principal
from tests.kit.matrix_floor import OF_NO_LINE, MatrixFloor, Objects
from tests.kit.matrix_table import TELLING_NOTHING, Outcome, Row, Whose
from tests.kit.whole_api import Answer

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OWN_TO_EACH = {"date", "x-request-id", "content-length"}


@dataclass(frozen=True)
class Cell:
    """One question: who asks which route about whose object, and what is to come of it."""

    row: Row
    column: str
    asker: Principal | None
    whose: Whose
    objects: Objects
    expected: Outcome

    @property
    def is_kept_in_the_trail(self) -> bool:
        """Tell whether the object is refused, and not the whole route to the role."""
        return self.expected is Outcome.NOT_ALLOWED and self.row.words[self.column] != "-"

    def __str__(self) -> str:
        who = "nobody" if self.asker is None else self.asker.display_name
        about = f", {self.whose}" if self.row.varied else ""
        return f"{self.row}: {who}{about}"


@dataclass(repr=False)
class Matrix:
    """The rows of the table, asked of a floor."""

    floor: MatrixFloor
    rows: tuple[Row, ...]
    endpoints: Mapping[str, Endpoint]
    bodies: Mapping[str, Mapping[str, Any]]
    queries: Mapping[str, Mapping[str, str]]
    wrong: list[str] = field(default_factory=list)
    _asked: list[tuple[Cell, Answer]] = field(default_factory=list)

    @property
    def told(self) -> str:
        """Return everything that is wrong, a line each."""
        return "\n".join(["", *self.wrong])

    @property
    def lacking(self) -> list[str]:
        """Return which objects of the table nobody has, so that they would not be asked about."""
        every = (Whose.OWN, Whose.COLLEAGUES, Whose.FOREIGN, Whose.ABSENT)
        return [
            f"{row}: {whose} is missing"
            for row in self.rows
            for whose in every
            if row.varied
            and row.thing not in (self.floor.objects(Role.LISTENER, whose) or {})
            and not (whose is Whose.FOREIGN and row.thing in OF_NO_LINE)
        ]

    def of_role(self, role: Role) -> list[Cell]:
        """Return every question of somebody of a role, and of a stranger to the line."""
        cast = self.floor.casts[role]
        return [
            Cell(row, role.value, person, whose, objects, row.expected(role.value, whose))
            for person in (cast.asker, cast.stranger)
            for row in self.rows
            for whose, objects in self._about(row, role, stranger=person is cast.stranger)
        ]

    def of_column(self, column: str, asker: Principal | None) -> list[Cell]:
        """Return every question of somebody without a session, or without a line."""
        objects = self.floor.objects(Role.LISTENER, Whose.OWN) or {}
        return [
            Cell(row, column, asker, Whose.OWN, objects, row.expected(column, Whose.OWN))
            for row in self.rows
        ]

    def _about(self, row: Row, role: Role, *, stranger: bool) -> Iterator[tuple[Whose, Objects]]:
        if not row.varied:
            yield Whose.OWN, self.floor.objects(role, Whose.COLLEAGUES) or {}
            return
        if stranger and row.place == "body":
            return  # a stranger has nothing here to name somebody for
        for whose in Whose:
            objects = self.floor.objects(role, whose, stranger=stranger)
            if objects is not None and row.thing in objects:
                yield whose, objects

    async def ask_all(self, cells: Iterable[Cell], *, token: str = "") -> None:
        """Ask what is to change nothing, then the rest; keep what is wrong with the answers.

        Whoever may not touch an object of a line of theirs is in the trail with it, and nothing
        else is.
        """
        every = list(cells)
        refused = [cell for cell in every if cell.expected is not Outcome.REACHED]
        before = await self.floor.held()
        await self._ask_each(refused, token)
        after = await self.floor.held()
        self.wrong += [f"a refusal changed {name}" for name in after.differs_in(before)]
        kept = after.refusals - before.refusals
        wanted = sum(cell.is_kept_in_the_trail for cell in refused)
        if kept != wanted:
            self.wrong.append(f"{kept} refusals are in the trail instead of {wanted}")
        await self._ask_each([cell for cell in every if cell not in refused], token)

    async def _ask_each(self, cells: Iterable[Cell], token: str) -> None:
        for cell in cells:
            answer = await self._ask(cell, token)
            self._asked.append((cell, answer))
            self._judge(cell, answer)

    async def _ask(self, cell: Cell, token: str) -> Answer:
        api, endpoint = self.floor.api, self.endpoints[cell.row.route]
        if endpoint.name == "live":
            ticket = uuid4().hex
            if cell.asker is not None:
                ticket = (await api.whole.centre.accounts.live_ticket(cell.asker)).ticket
            return await api.open_live(ticket)
        if cell.asker is not None:
            # Whoever signs out has another session for it.
            leaving = endpoint.name == "session.delete"
            who = await api.whole.second_session(cell.asker) if leaving else cell.asker
            token = api.token(who)
        body, query = self.bodies.get(endpoint.name), self.queries.get(endpoint.name)
        named = {cell.row.name: cell.objects[cell.row.thing]} if cell.row.varied else {}
        return await api.ask(
            endpoint.method,
            endpoint.path.format_map(self._beside(cell) | (named if _in(cell, "path") else {})),
            token,
            body={**body, **named} if body is not None and _in(cell, "body") else body,
            query={**(query or {}), **named} if _in(cell, "query") else query,
        )

    def _beside(self, cell: Cell) -> dict[str, str]:
        """Return what a path names beside the object that varies: the asker's own."""
        role = Role.LISTENER if cell.asker is None else cell.asker.role
        own = self.floor.objects(role, Whose.OWN) or self.floor.objects(Role.LISTENER, Whose.OWN)
        return dict(own or {})

    def _judge(self, cell: Cell, answer: Answer) -> None:
        said = f"{answer.status} {answer.code}".strip()
        if not cell.expected.fits(answer.status, answer.code):
            self.wrong.append(f"{cell}: {said} instead of {cell.expected}")
        if answer.status == 401 and not answer.headers.get("WWW-Authenticate"):
            self.wrong.append(f"{cell}: nothing says how to sign in")
        declared = _declared(self.endpoints[cell.row.route])
        if answer.code and answer.code not in declared:
            self.wrong.append(f"{cell}: {said} is not in the route's problems")

    def judge_words(self) -> None:
        """Keep which answers of one question tell a foreign object from an absent one."""
        by_question: dict[str, set[tuple[Any, ...]]] = {}
        for cell, answer in self._asked:
            if cell.expected in TELLING_NOTHING and cell.asker is not None:
                question = f"{cell.row}: {cell.asker.display_name}"
                by_question.setdefault(question, set()).add(_without_ids(answer))
        self.wrong += [
            f"{question} is answered in different words: {sorted(answers)}"
            for question, answers in by_question.items()
            if len(answers) > 1
        ]

    def judge_mentions(self, asker: Principal, hidden: Iterable[Objects]) -> None:
        """Keep which answers to somebody name an object that is not to be known of."""
        kinds = ("contact_id", "offer_id", "case_id", "reference", "follow_up_id", "debrief")
        secrets = {objects[kind] for objects in hidden for kind in kinds if kind in objects}
        self.wrong += [
            f"{cell}: the answer names {secret}"
            for cell, answer in self._asked
            if cell.asker is asker
            for secret in secrets
            if secret in answer.text
        ]


def _in(cell: Cell, place: str) -> bool:
    return bool(cell.row.varied) and cell.row.place == place


def _declared(endpoint: Endpoint) -> set[str]:
    return {*_common_codes(endpoint), *endpoint.problems}


def _without_ids(answer: Answer) -> tuple[Any, ...]:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    kept = tuple(sorted(item for item in headers.items() if item[0] not in _OWN_TO_EACH))
    return answer.status, kept, _ID.sub("id", answer.text)
