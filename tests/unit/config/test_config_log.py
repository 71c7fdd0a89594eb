"""Logs hold constant names and allow-listed codes, and nothing that anybody said."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import structlog

from config.errors import Conflict
from config.log import configure_logging, get_logger, log_uncaught_errors
from config.vocabulary import Channel, Urgency

SECRET = "Léa 0612345678 au foyer"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Log to memory; put the interpreter's hooks and the root logger back afterwards."""
    root = logging.getLogger()
    handlers, level = [*root.handlers], root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    target = io.StringIO()
    configure_logging("debug", target)
    yield target
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_line_is_json_with_time_level_and_event(stream: io.StringIO) -> None:
    get_logger().info("offer_made", count=3)
    (line,) = lines(stream)
    assert datetime.fromisoformat(line.pop("at")).tzinfo is not None
    assert line == {"level": "info", "event": "offer_made", "count": 3}


def test_level_below_the_threshold_is_not_written() -> None:
    target = io.StringIO()
    configure_logging("warning", target)
    try:
        get_logger().info("offer_made")
        assert target.getvalue() == ""
    finally:
        structlog.reset_defaults()


def test_unknown_field_is_dropped_and_counted(stream: io.StringIO) -> None:
    get_logger().info("offer_made", name="Lea", text="x", contact_id="c-1")
    (line,) = lines(stream)
    assert (line["contact_id"], line["dropped_fields"]) == ("c-1", 2)
    assert "Lea" not in stream.getvalue()


@pytest.mark.parametrize(
    "value",
    [SECRET, "deux mots", "0612345678", "+33612345678", "é", "", "x" * 161, {"a": 1}, ["ok", "deux mots"], object(), b"x"],
)  # fmt: skip
def test_value_that_could_be_words_or_a_number_is_dropped(
    stream: io.StringIO, value: object
) -> None:
    get_logger().info("offer_made", reason=value)
    (line,) = lines(stream)
    assert "reason" not in line
    assert line["dropped_fields"] == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Channel.CALL, "call"),
        (Urgency.U1, 1),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ("contact_gone", "contact_gone"),
        ("dlpm:mineur_pour_soi:call:fr", "dlpm:mineur_pour_soi:call:fr"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (("call", "chat"), ["call", "chat"]),
    ],
)
def test_ids_codes_and_counts_are_kept(stream: io.StringIO, value: object, shown: object) -> None:
    get_logger().info("offer_made", reason=value)
    assert lines(stream)[0]["reason"] == shown


def test_event_name_made_of_words_is_replaced(stream: io.StringIO) -> None:
    get_logger().info(f"Message de {SECRET}")
    assert lines(stream)[0]["event"] == "unnamed_event"
    assert "foyer" not in stream.getvalue()


def test_exception_is_logged_by_type_code_and_place_never_by_text(stream: io.StringIO) -> None:
    def refuse() -> None:
        raise Conflict(SECRET, code="contact_gone") from ValueError(SECRET)

    try:
        refuse()
    except Conflict:
        get_logger().exception("accept_failed")
    (line,) = lines(stream)
    assert line["error"] == "config.errors.Conflict"
    assert line["error_code"] == "contact_gone"
    assert line["causes"] == ["ValueError"]
    assert line["where"][0].startswith("unit/config/test_config_log.py:")
    assert "foyer" not in stream.getvalue()


def test_group_names_its_members(stream: io.StringIO) -> None:
    group = ExceptionGroup(SECRET, [KeyError(SECRET), TimeoutError(SECRET)])
    get_logger().error("loop_failed", exc_info=group)
    (line,) = lines(stream)
    assert line["error"] == "ExceptionGroup"
    assert line["causes"] == ["KeyError", "TimeoutError"]
    assert "foyer" not in stream.getvalue()


def test_deep_trace_and_long_chain_are_cut(stream: io.StringIO) -> None:
    def dive(depth: int) -> None:
        if depth == 0:
            raise ValueError(SECRET)
        dive(depth - 1)

    error: Exception = ValueError("0")
    for number in range(10):
        cause, error = error, ValueError(str(number))
        error.__cause__ = cause
    get_logger().error("loop_failed", exc_info=error)
    try:
        dive(40)
    except ValueError:
        get_logger().exception("loop_failed")
    chained, deep = lines(stream)
    assert len(chained["causes"]) == 5
    assert len(deep["where"]) == 20


def test_asking_for_a_trace_without_an_error_adds_nothing(stream: io.StringIO) -> None:
    get_logger().warning("loop_slow", exc_info=True, stack_info="frames")
    assert set(lines(stream)[0]) == {"at", "level", "event"}


def test_library_is_logged_by_name_and_level_only(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").error("refused %s", SECRET, exc_info=RuntimeError(SECRET))
    logging.getLogger("asyncio").info("not even worth a line")
    (line,) = lines(stream)
    assert (line["event"], line["logger"], line["level"]) == (
        "library_log",
        "aiohttp.server",
        "error",
    )
    assert line["error"] == "RuntimeError"
    assert "foyer" not in stream.getvalue()


def test_library_level_of_its_own_is_a_warning(stream: io.StringIO) -> None:
    logging.addLevelName(35, "LOUD")
    logging.getLogger("x").log(35, SECRET)
    assert lines(stream)[0]["level"] == "warning"


def test_warning_is_logged_without_its_words(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(SECRET, stacklevel=1)
        logging.captureWarnings(capture=False)
    assert lines(stream)[0]["logger"] == "py.warnings"
    assert "foyer" not in stream.getvalue()


def test_configuring_twice_logs_once_and_silences_plain_handlers(stream: io.StringIO) -> None:
    printed = io.StringIO()
    logging.getLogger().addHandler(logging.StreamHandler(printed))
    configure_logging("debug", stream)
    logging.getLogger("aiohttp").error(SECRET)
    assert len(lines(stream)) == 1
    assert printed.getvalue() == ""


def test_broken_stream_prints_no_record(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    stream.close()
    logging.getLogger("aiohttp").error(SECRET)
    assert "foyer" not in "".join(capsys.readouterr())


def test_uncaught_errors_are_logged_without_their_text(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    log_uncaught_errors()
    error = RuntimeError(SECRET)
    sys.excepthook(RuntimeError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=lambda: (_ for _ in ()).throw(error))
    thread.start()
    thread.join()
    threading.excepthook(threading.ExceptHookArgs((SystemExit, None, None, None)))

    class Unraisable:
        exc_value: BaseException | None = error

    sys.unraisablehook(Unraisable())  # type: ignore[arg-type]
    Unraisable.exc_value = None
    sys.unraisablehook(Unraisable())  # type: ignore[arg-type]
    assert [line["event"] for line in lines(stream)] == [
        "uncaught_error",
        "uncaught_error",
        "unraisable_error",
    ]
    assert "foyer" not in stream.getvalue() + "".join(capsys.readouterr())
