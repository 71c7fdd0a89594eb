"""Who reaches what: every route, asked by everybody, about everybody's objects.

The routes and what they name come from the product; what is to come of each
question is said here by hand, from the rules in prose: docs/staff-api.md, the
docstrings of records/policy.py, decision 0026. A new route, a new object in
a path or a new role has no row, no object or no column yet, and the first
tests say so.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from config.vocabulary import Role
from contactcenter.api.routes import ENDPOINTS
from contactcenter.engines import Engines
from tests.kit.engines import emptied_index
from tests.kit.matrix_asking import Matrix
from tests.kit.matrix_floor import MatrixFloor, matrix_floor
from tests.kit.matrix_table import LINELESS, NOBODY, Whose, rows_of, unsaid
from tests.kit.standing_database import StandingDatabase

# A row: a route, the object that varies in it (`?` in the query, `=` in the body; after a `/`, of
# which kind it is; `.` none), and a word for each who asks. Own, a colleague's, a foreign line's,
# an absent object are, by word:
#   all     reached, and so is what names no object
#   own     reached, 403, 404, 404
#   line    reached, reached, 404, 404
#   named   reached, reached, then 422: the body or the query names none
#   found   reached, reached, then nothing is found
#   shown   reached, then nothing is done
#   secret  403, then 404 for a colleague's too: of a wish to talk nobody else learns
#   -       403, whatever it is        401  not signed in
# `lineless` is a coordinator whose account works for no line. Rows are asked in this order: what
# ends a contact comes after what needs it.
TABLE = """
route                     varied               nobody lineless listener coordinator supervisor administrator data_officer analyst
session.create            .                    all    all      all      all         all        all           all          all
openapi                   .                    all    all      all      all         all        all           all          all
live                      .                    401    -        all      all         all        -             -            -
me.read                   .                    401    all      all      all         all        all           all          all
me.presence               .                    401    -        all      all         all        -             -            -
me.losses_seen            .                    401    -        all      all         all        -             -            -
me.live_ticket            .                    401    -        all      all         all        -             -            -
me.softphone_token        .                    401    -        all      all         all        -             -            -
offers.seen               offer_id             401    -        shown    shown       shown      -             -            -
offers.accept             offer_id             401    -        own      own         own        -             -            -
offers.decline            offer_id             401    -        own      own         own        -             -            -
helpline.read             .                    401    -        all      all         all        -             -            -
forms.read                form_id              401    -        line     line        line       -             -            -
forms.read                form_version         401    -        line     line        line       -             -            -
colleagues.list           ?queue               401    -        named    named       named      -             -            -
contacts.list             .                    401    -        all      all         all        -             -            -
contacts.read             contact_id           401    -        own      line        line       -             -            -
contacts.messages         contact_id           401    -        own      line        line       -             -            -
contacts.send             contact_id           401    -        own      line        own        -             -            -
contacts.form             contact_id           401    -        own      line        own        -             -            -
contacts.urgency          contact_id           401    -        own      line        line       -             -            -
contacts.factors          contact_id           401    -        own      line        own        -             -            -
contacts.hand_over        contact_id           401    -        own      line        own        -             -            -
contacts.end              contact_id           401    -        own      line        own        -             -            -
contacts.extend_wrap_up   contact_id           401    -        own      line        own        -             -            -
contacts.close            contact_id           401    -        own      line        own        -             -            -
contacts.hand_over        =listener_id         401    -        named    named       named      -             -            -
cases.list                .                    401    -        all      all         all        -             all          -
cases.list                ?reference           401    -        found    found       found      -             found        -
cases.create              .                    401    -        all      all         -          -             -            -
cases.read                case_id              401    -        line     line        line       -             line         -
cases.attach              contact_id           401    -        own      line        -          -             -            -
cases.attach              case_id              401    -        line     line        -          -             -            -
follow_ups.list           .                    401    -        all      all         all        -             -            -
follow_ups.claim          follow_up_id         401    -        line     line        -          -             -            -
follow_ups.number         follow_up_id         401    -        own      own         -          -             -            -
follow_ups.done           follow_up_id         401    -        own      line        -          -             -            -
follow_ups.drop           follow_up_id         401    -        own      line        -          -             -            -
follow_ups.release        follow_up_id         401    -        own      line        -          -             -            -
follow_ups.number         follow_up_id/debrief 401    -        secret   line        -          -             -            -
follow_ups.claim          follow_up_id/debrief 401    -        secret   line        -          -             -            -
follow_ups.done           follow_up_id/debrief 401    -        secret   line        -          -             -            -
follow_ups.drop           follow_up_id/debrief 401    -        secret   line        -          -             -            -
follow_ups.release        follow_up_id/debrief 401    -        secret   line        -          -             -            -
supervision.read          .                    401    -        -        all         all        -             -            -
supervision.assign        =listener_id         401    -        -        named       named      -             -            -
supervision.assign        contact_id           401    -        -        line        line       -             -            -
supervision.move          contact_id           401    -        -        line        line       -             -            -
supervision.take          contact_id           401    -        -        line        line       -             -            -
supervision.close         contact_id           401    -        -        line        line       -             -            -
supervision.override      queue                401    -        -        line        line       -             -            -
supervision.lift          queue                401    -        -        line        line       -             -            -
supervision.force         listener_id          401    -        -        line        line       -             -            -
session.delete            .                    401    all      all      all         all        all           all          all
"""
ROWS = rows_of(TABLE)
WHY = {"reason": "other"}
BODIES: Mapping[str, Mapping[str, Any]] = {
    "session.create": {},  # reached, whoever asks: what is missing is said
    "me.presence": {"state": "ready"},
    "me.losses_seen": {"until": "2026-03-02T12:00:00Z"},
    "offers.decline": {},
    "contacts.send": {"cid": str(uuid4()), "text": "Bonjour, je suis là."},
    "contacts.form": {"values": {}, "revision": 0},
    "contacts.urgency": {"urgency": 3},
    "contacts.factors": {"factors": {"arme": "no"}},
    # Where nobody can wait: whoever is let through is told so, and keeps the contact.
    "contacts.hand_over": {"queue": "formulaires"},
    "contacts.extend_wrap_up": {},
    "contacts.close": {"disposition": "treated"},
    "cases.create": {"department": "75"},
    "follow_ups.number": {"reason": "call_back"},
    "follow_ups.done": {"outcome": "reached"},
    "follow_ups.drop": {"outcome": "mistake"},
    "supervision.assign": {"listener_id": str(uuid4()), **WHY},
    "supervision.move": {"queue": "temoin", **WHY},
    "supervision.take": WHY,
    "supervision.close": {"disposition": "treated", **WHY},
    "supervision.override": {"closed": True, **WHY},
    "supervision.force": {"state": "break", **WHY},
}
QUERIES = {"colleagues.list": {"queue": "parent_proche"}}

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(
    engines: Engines,
    standing_database: StandingDatabase,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[MatrixFloor]:
    folder = tmp_path_factory.mktemp("matrix")
    async with (
        standing_database.lent() as database,
        matrix_floor(database, await emptied_index(engines), folder) as made,
    ):
        yield made


@pytest.fixture
def matrix(floor: MatrixFloor) -> Matrix:
    endpoints = {each.name: each for each in ENDPOINTS}
    rows = tuple(row for row in ROWS if row.route in endpoints)
    return Matrix(floor, rows, endpoints, BODIES, QUERIES)


async def test_the_table_names_every_route_and_every_object_of_its_path() -> None:
    assert unsaid(ROWS, ENDPOINTS) == []


async def test_the_table_has_a_column_for_every_role() -> None:
    assert {column for row in ROWS for column in row.words} == {NOBODY, LINELESS, *Role}


async def test_everybody_has_one_of_each_object_that_the_table_names(matrix: Matrix) -> None:
    assert matrix.lacking == []


@pytest.mark.parametrize("token", ["", "forged"])
async def test_who_is_not_signed_in_reaches_what_is_public_and_nothing_else(
    matrix: Matrix, token: str
) -> None:
    await matrix.ask_all(matrix.of_column(NOBODY, None), token=token)
    assert not matrix.wrong, matrix.told


async def test_who_works_for_no_line_reaches_nothing_that_needs_a_right(matrix: Matrix) -> None:
    await matrix.ask_all(matrix.of_column(LINELESS, matrix.floor.lineless))
    assert not matrix.wrong, matrix.told


@pytest.mark.parametrize("role", Role)
async def test_each_role_reaches_its_own_and_a_refusal_tells_and_changes_nothing(
    matrix: Matrix, role: Role
) -> None:
    cast = matrix.floor.casts[role]
    await matrix.ask_all(matrix.of_role(role))
    matrix.judge_words()
    matrix.judge_mentions(cast.asker, [matrix.floor.foreign])
    at_home = [matrix.floor.objects(role, whose) or {} for whose in (Whose.OWN, Whose.COLLEAGUES)]
    matrix.judge_mentions(cast.stranger, [*at_home, matrix.floor.waiting[role]])
    assert not matrix.wrong, matrix.told
