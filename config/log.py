"""Logs: one JSON object a line, constant event names, allow-listed fields.

A log must never tell who contacted us or what was said. So a field passes
only when its name is on the list below AND its value has the shape of an id,
a code, a count or a duration; the others are dropped and counted under
`dropped_fields`. Of an exception we keep the type, our own code and the
places in the source, never the text: drivers quote SQL parameters in theirs.
Of a library's record we keep which library and how grave, never the message.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast
from uuid import UUID

import structlog
from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger

from config.errors import CentreError

# Ids made by us, or opaque ones of our partners.
_IDS = """
contact_id offer_id engagement_id listener_id staff_id session_id case_id conversation_id form_id
call_sid conference_sid participant_sid connection_id request_id epoch config_version
"""
_CODES = """
line pool lane queue channel language audience profile urgency band level role state step
from_state to_state from_step to_step kind event_kind action outcome disposition source reason code
engine service roles failing component command loop script statement effect migration revision route method status
close_code sqlstate signal file key check port node pid exit_code host emulator
"""
_COUNTS_AND_DURATIONS = """
attempt attempts batch bytes count done dropped entered expired failed limit lines lost mistakes oldest_ms
open profiles lanes repaired restored retry_after rows seq size skipped turn version waiting free
duration_ms waited_ms seconds elapsed_ms delay_ms lag_ms
"""
_WRITTEN_HERE = "logger error error_code where causes"
ALLOWED_FIELDS = frozenset(f"{_IDS} {_CODES} {_COUNTS_AND_DURATIONS} {_WRITTEN_HERE}".split())
_SAFE_TEXT = re.compile(r"[A-Za-z0-9_.:/~{}<>-]{1,160}")
_LOOKS_LIKE_A_NUMBER = re.compile(r"\+?[0-9]{6,}")  # a telephone number written as text
_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")
_MAX_PLACES = 20
_MAX_CAUSES = 5


def configure_logging(level: str = "info", stream: TextIO | None = None) -> None:
    """Send our own and every library's log to `stream` (standard error when None), as JSON."""
    target = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _name_exception,
            _keep_allowed,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [*root.handlers]:
        # A plain stream handler (`logging.basicConfig`) would print messages.
        if type(handler) in (_LibraryLog, logging.StreamHandler):
            root.removeHandler(handler)
    root.addHandler(_LibraryLog())
    # Libraries narrate at "info"; without their messages only trouble is worth a line.
    root.setLevel(max(threshold, logging.WARNING))
    logging.captureWarnings(capture=True)


def get_logger() -> FilteringBoundLogger:
    """Return the logger; call it with a constant event name and allow-listed fields."""
    return cast("FilteringBoundLogger", structlog.get_logger())


def log_uncaught_errors() -> None:
    """Log what nobody caught in place of Python's print-out, which quotes the error's text.

    For a program's entry point: it replaces the interpreter's hooks.
    """

    def uncaught(kind: type[BaseException], error: BaseException, tb: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        get_logger().error("uncaught_error", exc_info=(kind, error, tb))

    def in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            uncaught(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def unraisable(arguments: "sys.UnraisableHookArgs") -> None:
        if arguments.exc_value is not None:
            get_logger().error("unraisable_error", exc_info=arguments.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable


class _LibraryLog(logging.Handler):
    """Turns a library's record into `library_log`: which library, how grave, where; no words."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        info = record.exc_info if record.exc_info and record.exc_info[1] else None
        method = getattr(log, record.levelname.lower(), log.warning)
        try:
            method("library_log", logger=record.name, exc_info=info)
        except Exception:  # noqa: BLE001 - a log that fails must not stop what was logging
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Stay silent: the default prints the record, message included."""


def _keep_allowed(_logger: object, _method: str, event: EventDict) -> Mapping[str, Any]:
    name = event.pop("event", "")
    kept: dict[str, Any] = {"at": event.pop("at", None), "level": event.pop("level", None)}
    is_name = isinstance(name, str) and _EVENT_NAME.fullmatch(name)
    kept["event"] = name if is_name else "unnamed_event"
    dropped = 0
    for field, value in event.items():
        shown = _safe(value)
        if field in ALLOWED_FIELDS and shown is not _UNSAFE:
            kept[field] = shown
        else:
            dropped += 1
    if dropped:
        kept["dropped_fields"] = dropped
    return kept


_UNSAFE = object()


def _safe(value: object) -> object:
    """Return the value as JSON, or _UNSAFE when it could be words or a telephone number."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        fits = _SAFE_TEXT.fullmatch(value) and not _LOOKS_LIKE_A_NUMBER.fullmatch(value)
        return value if fits else _UNSAFE
    if isinstance(value, list | tuple | frozenset | set):
        shown = [_safe(each) for each in list(value)[:_MAX_PLACES]]
        return _UNSAFE if _UNSAFE in shown else shown
    return _UNSAFE


def _name_exception(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    error = _exception_of(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is None:
        return event
    event["error"] = _type_name(error)
    event["where"] = _places(error)
    if isinstance(error, CentreError):
        event["error_code"] = error.code
    causes = _causes(error)
    if causes:
        event["causes"] = causes
    return event


def _exception_of(info: bool | BaseException | ExcInfo | None) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    if isinstance(info, tuple):
        return info[1]
    return sys.exc_info()[1] if info else None


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _places(error: BaseException) -> list[str]:
    """Return `file:line` from the outermost frame in, the last 20; only our folder names show."""
    places = []
    tb = error.__traceback__
    while tb is not None:
        parts = Path(tb.tb_frame.f_code.co_filename).parts
        places.append(f"{'/'.join(parts[-3:])}:{tb.tb_lineno}".lstrip("/"))
        tb = tb.tb_next
    return [re.sub(r"[^A-Za-z0-9_.:/~{}<>-]", "_", place)[-160:] for place in places[-_MAX_PLACES:]]


def _causes(error: BaseException) -> list[str]:
    """Name what lies under the error: members of a group, then the chain of causes."""
    under: list[BaseException] = []
    if isinstance(error, BaseExceptionGroup):
        under.extend(error.exceptions)
    cause = error.__cause__ or error.__context__
    while cause is not None and len(under) < _MAX_CAUSES:
        under.append(cause)
        cause = cause.__cause__ or cause.__context__
    return [_type_name(each) for each in under[:_MAX_CAUSES]]
