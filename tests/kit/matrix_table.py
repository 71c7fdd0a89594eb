"""The table of who reaches what: its words, its rows, and what the routes name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from contactcenter.api.endpoints import Endpoint

NOBODY = "nobody"
LINELESS = "lineless"


class Whose(StrEnum):
    """Whose object somebody asks about."""

    OWN = "own"
    COLLEAGUES = "a colleague's"
    WAITING = "one that waits for anybody"
    FOREIGN = "one of a foreign line"
    ABSENT = "one that does not exist"


class Outcome(StrEnum):
    """What an answer amounts to."""

    REACHED = "reached"  # neither refused nor failed: what the state or the body made of it
    IGNORED = "ignored"  # let through, and nothing was found or changed
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"  # what the body or the query names is none
    NOT_SIGNED_IN = "not_signed_in"

    def fits(self, status: int, code: str) -> bool:
        """Tell whether an answer is this."""
        match self:
            case Outcome.REACHED:
                return status not in (401, 403, 404) and status < 500
            case Outcome.IGNORED:
                return 200 <= status < 300
            case Outcome.NOT_ALLOWED:
                return status == 403 and code in ("not_allowed", "")
            case Outcome.NOT_FOUND:
                return (status, code) == (404, "not_found")
            case Outcome.UNKNOWN:
                return status == 422 and code.endswith("_unknown")
            case Outcome.NOT_SIGNED_IN:
                return status == 401


# Nothing may be learnt from these, nor from how they differ.
TELLING_NOTHING = frozenset({Outcome.NOT_FOUND, Outcome.UNKNOWN, Outcome.IGNORED})

_R, _I, _A, _F, _U = (
    Outcome.REACHED,
    Outcome.IGNORED,
    Outcome.NOT_ALLOWED,
    Outcome.NOT_FOUND,
    Outcome.UNKNOWN,
)
# What each word of the table says of: one's own, a colleague's, a foreign one, an absent one.
WORDS: Mapping[str, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    "all": (_R, _R, _R, _R),
    "-": (_A, _A, _A, _A),
    "own": (_R, _A, _F, _F),
    "line": (_R, _R, _F, _F),
    "named": (_R, _R, _U, _U),
    "found": (_R, _R, _I, _I),
    "shown": (_R, _I, _I, _I),
    "secret": (_A, _F, _F, _F),
    "401": (Outcome.NOT_SIGNED_IN,) * 4,
}


@dataclass(frozen=True)
class Row:
    """A route, what varies in it, and a word for each column."""

    route: str
    varied: str  # empty: nothing
    words: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where the varied object is named: `path`, `query` or `body`."""
        prefix = self.varied[:1]
        return {"?": "query", "=": "body"}.get(prefix, "path")

    @property
    def name(self) -> str:
        """By which name it is named there."""
        return self.varied.lstrip("?=").partition("/")[0]

    @property
    def thing(self) -> str:
        """Of which kind it is."""
        return self.varied.lstrip("?=").rpartition("/")[2]

    def expected(self, column: str, whose: Whose) -> Outcome:
        """Return what somebody of a column is to be answered."""
        own, colleagues, foreign, absent = WORDS[self.words[column]]
        return {
            Whose.OWN: own,
            Whose.COLLEAGUES: colleagues,
            Whose.WAITING: colleagues,
            Whose.FOREIGN: foreign,
            Whose.ABSENT: absent,
        }[whose]

    def __str__(self) -> str:
        return f"{self.route} {self.varied}".strip()


def rows_of(table: str) -> tuple[Row, ...]:
    """Read a table: a head that names the columns, then a line for each row."""
    lines = [line.split() for line in table.splitlines() if line.strip()]
    head = lines[0][2:]
    rows = []
    for route, varied, *words in lines[1:]:
        assert len(words) == len(head), f"{route} {varied}: a word for each of {head}"
        rows.append(Row(route, varied.strip("."), dict(zip(head, words, strict=True))))
    return tuple(rows)


def unsaid(rows: Iterable[Row], endpoints: Iterable[Endpoint]) -> list[str]:
    """Return which routes and objects the table says nothing of, and what it says of nothing."""
    named = {each.name: re.findall(r"\{(\w+)\}", each.path) for each in endpoints}
    wanted = {(route, name) for route, names in named.items() for name in names or [""]}
    said = {(row.route, row.name if row.place == "path" else ""): row for row in rows}
    missing = [f"no row for {route} {name}".strip() for route, name in wanted - said.keys()]
    beyond = [
        f"no such route or object: {row}"
        for (route, name), row in said.items()
        if name not in ["", *named.get(route, ())] or route not in named
    ]
    return sorted(missing + beyond)
