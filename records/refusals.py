"""PostgreSQL's and the driver's errors, translated once, by type, SQLSTATE or constraint name.

No text of theirs is kept: DETAIL holds the row's values.
"""

import asyncpg
import structlog

from config.clock import monotonic
from config.errors import (
    CentreError,
    Conflict,
    Misconfigured,
    NotFound,
    OutcomeUnknown,
    Unavailable,
)

# What a unique constraint's refusal means. One that is not here is a plain `already_exists`.
UNIQUE_CODES = {
    "engagement_one_open_call": "over_capacity",
    "engagement_one_listener": "contact_taken",
    "engagement_pkey": "contact_taken",
    "staff_login_key": "login_taken",
    "staff_subject_key": "subject_taken",
    "case_file_reference_key": "reference_taken",
    "message_contact_id_sender_cid_key": "cid_reused",
}

# Classes and codes after which nothing happened and the same request may succeed.
_RETRYABLE_CLASSES = {
    "08": "database_unavailable",
    "40": "database_busy",
    "53": "database_unavailable",
    "58": "database_unavailable",
}
_RETRYABLE_CODES = {
    "25006": "database_read_only",  # a replica answered: a fail-over is under way
    "55P03": "database_busy",  # lock_timeout
    "57014": "database_busy",  # statement_timeout
    "57P01": "database_unavailable",
    "57P02": "database_unavailable",
    "57P03": "database_unavailable",
    "57P05": "database_unavailable",
}

# No such table, column or schema. Statements are fixed texts, tested against the schema:
# a missing name means another schema.
_NOT_OUR_SCHEMA = ("42P01", "42703", "3F000")

# What the driver raises when the connection is no more, or never was.
LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
)

DRIVER_ERRORS = (asyncpg.PostgresError, *LOST)


log = structlog.get_logger()

TOLD_EVERY_SECONDS = 10.0
_told: dict[str, float] = {}


def _tell(error: Exception) -> None:
    """Log why PostgreSQL is not to be had: a SQLSTATE or a type, every ten seconds each at most.

    « remaining connection slots are reserved » (53300), a disk that is full (53100), a standby
    (25006): who is woken at night needs that, and our own code does not say it.
    """
    state = _sqlstate(error) if isinstance(error, asyncpg.PostgresError) else type(error).__name__
    now = monotonic()
    if now - _told.get(state, float("-inf")) >= TOLD_EVERY_SECONDS:
        _told[state] = now
        log.warning("database_unavailable", sqlstate=state)


def translate(error: Exception, *, connected: bool = False) -> CentreError:
    """Return our error for one of DRIVER_ERRORS raised by a statement or a connection.

    `connected` says the connection still lives: then the driver's own
    refusal (a wrong argument, two statements at once) is a mistake of ours,
    and no retry mends it.
    """
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return _constraint(error)
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        # A migration went by: the statement is prepared anew the next time.
        return Unavailable("the schema changed", code="database_busy")
    if isinstance(error, asyncpg.InterfaceError) and connected:
        return CentreError(f"driver: {type(error).__name__}", code="database_refused")
    if isinstance(error, LOST):
        _tell(error)
        return Unavailable(f"lost: {type(error).__name__}", code="database_unavailable")
    refusal = _by_state(_sqlstate(error))
    if refusal.code == "database_unavailable" or isinstance(
        error, asyncpg.ReadOnlySQLTransactionError
    ):
        _tell(error)
    return refusal


def _by_state(state: str) -> CentreError:
    if state in _NOT_OUR_SCHEMA:
        return Misconfigured(["schema: not this version's; run: contactcenter migrate"])
    retryable = _RETRYABLE_CODES.get(state) or _RETRYABLE_CLASSES.get(state[:2])
    if retryable is not None:
        return Unavailable(f"SQLSTATE {state}", code=retryable)
    return CentreError(f"SQLSTATE {state}", code="database_refused")


def _constraint(error: asyncpg.IntegrityConstraintViolationError) -> CentreError:
    name = str(error.constraint_name)
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict(f"refused by {name}", code=UNIQUE_CODES.get(name, "already_exists"))
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return NotFound(f"refused by {name}", code="reference_missing")
    return CentreError(f"refused by {name}", code="database_refused")


def translate_commit(error: Exception) -> CentreError:
    """Return our error for a COMMIT, or a statement that commits by itself.

    The server's own refusal (a deferred constraint, a serialisation failure)
    says it rolled back. Anything that cut the conversation leaves it unknown.
    """
    refused = isinstance(error, asyncpg.PostgresError) and not isinstance(error, LOST)
    if refused and not _sqlstate(error).startswith(("08", "57P", "XX")):
        return translate(error)
    _tell(error)
    return OutcomeUnknown(f"at commit: {type(error).__name__}", code="outcome_unknown")


def _sqlstate(error: Exception) -> str:
    return str(getattr(error, "sqlstate", None) or "XX000")
