"""chat.protocol and chat.frames: what is taken in, what is refused and by which name."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import jsonschema
import pytest

from chat import frames
from chat.protocol import MAX_FRAME_BYTES, InvalidFrame, instant, parse, serialise
from config.vocabulary import ContactState, QueueStateKind, Sender

CID = UUID("0192d3a4-7b1c-7def-8123-456789abcdef")
AT = datetime(2026, 5, 4, 12, 30, 1, 500_000, tzinfo=UTC)
SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas" / "chat"


def schema(name: str) -> jsonschema.Draft202012Validator:
    document = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return jsonschema.Draft202012Validator(
        document, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


CLIENT = schema("client-frame")
SERVER = schema("server-frame")


def code_of(raw: str | bytes) -> str:
    with pytest.raises(InvalidFrame) as refused:
        parse(raw)
    return refused.value.code


@pytest.mark.parametrize(
    ("document", "frame"),
    [
        ({"type": "hello", "token": "abc"}, frames.Hello("abc", 0)),
        ({"type": "hello", "token": "abc", "last_seq": 7}, frames.Hello("abc", 7)),
        ({"type": "send", "cid": str(CID), "text": "oui é"}, frames.Send(CID, "oui é")),
        ({"type": "typing"}, frames.Typing()),
        ({"type": "read", "seq": 0}, frames.Read(0)),
        ({"type": "ping", "later_field": [1]}, frames.Ping()),
        ({"type": "leave"}, frames.Leave(quick=False)),
        ({"type": "leave", "quick": True}, frames.Leave(quick=True)),
    ],
)
def test_each_client_frame_is_read_as_its_schema_says(
    document: dict[str, object], frame: frames.ClientFrame
) -> None:
    CLIENT.validate(document)
    assert parse(json.dumps(document)) == frame


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{}", "not_text"),
        ("", "not_json"),
        ("{", "not_json"),
        ("NaN", "not_json"),
        ("[" * 5000, "not_json"),
        ('{"type": ' + "9" * 5000 + "}", "not_json"),
        ("[]", "not_an_object"),
        ('"hello"', "not_an_object"),
        ("{}", "unknown_type"),
        ('{"type": "shout"}', "unknown_type"),
        ('{"type": ["hello"]}', "unknown_type"),
        ('{"type": "hello"}', "bad_field"),
        ('{"type": "hello", "token": ""}', "bad_field"),
        ('{"type": "hello", "token": "\\ud800"}', "bad_field"),
        ('{"type": "hello", "token": "a\\n"}', "bad_field"),
        ('{"type": "hello", "token": "' + "a" * 201 + '"}', "bad_field"),
        ('{"type": "hello", "token": "a", "last_seq": -1}', "bad_field"),
        ('{"type": "hello", "token": "a", "last_seq": true}', "bad_field"),
        ('{"type": "hello", "token": "a", "last_seq": 1.0}', "bad_field"),
        ('{"type": "hello", "token": "a", "last_seq": 9007199254740992}', "bad_field"),
        ('{"type": "read"}', "bad_field"),
        ('{"type": "leave", "quick": 1}', "bad_field"),
        ('{"type": "send", "text": "a"}', "bad_field"),
        ('{"type": "send", "cid": "7", "text": "a"}', "bad_field"),
        (
            '{"type": "send", "cid": "{0192d3a47b1c7def8123456789abcdef}xx", "text": "a"}',
            "bad_field",
        ),
        (f'{{"type": "send", "cid": "{CID}"}}', "bad_field"),
        (f'{{"type": "send", "cid": "{CID}", "text": "  \\n"}}', "bad_field"),
        (f'{{"type": "send", "cid": "{CID}", "text": "a\\u0000b"}}', "bad_field"),
        (f'{{"type": "send", "cid": "{CID}", "text": "\\ud83d"}}', "bad_field"),
        (json.dumps({"type": "ping", "x": "a" * MAX_FRAME_BYTES}), "frame_too_large"),
        ('{"type": "ping", "x": "' + "é" * 8190 + '"}', "frame_too_large"),
    ],
)
def test_a_wrong_frame_is_refused_by_name(raw: str | bytes, code: str) -> None:
    assert code_of(raw) == code


def test_the_largest_frame_passes_and_one_byte_more_does_not() -> None:
    def padded(size: int) -> str:
        empty = json.dumps({"type": "ping", "x": ""})
        return json.dumps({"type": "ping", "x": "a" * (size - len(empty))})

    assert parse(padded(MAX_FRAME_BYTES)) == frames.Ping()
    assert code_of(padded(MAX_FRAME_BYTES + 1)) == "frame_too_large"


def test_a_text_too_long_refuses_that_line_only() -> None:
    with pytest.raises(InvalidFrame) as refused:
        parse(json.dumps({"type": "send", "cid": str(CID), "text": "é" * 2001}))
    assert (refused.value.code, refused.value.fatal, refused.value.cid) == (
        "text_too_long",
        False,
        CID,
    )
    assert parse(json.dumps({"type": "send", "cid": str(CID), "text": "é" * 2000}))


def test_a_refusal_quotes_nothing_of_the_frame() -> None:
    with pytest.raises(InvalidFrame) as refused:
        parse('{"type": "send", "text": "my secret"')
    assert "secret" not in f"{refused.value!r} {refused.value.__cause__!r}"
    assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    ("frame", "document"),
    [
        (
            frames.Ready(3, ContactState.WAITING, 2, ("wait", "position")),
            {
                "type": "ready",
                "head_seq": 3,
                "state": "waiting",
                "position": 2,
                "says": ["wait", "position"],
            },
        ),
        (
            frames.Message(1, CID, Sender.VISITOR, "é", AT),
            {
                "type": "message",
                "seq": 1,
                "cid": str(CID),
                "from": "visitor",
                "text": "é",
                "at": "2026-05-04T12:30:01.500Z",
            },
        ),
        (
            frames.Message(2, None, Sender.SYSTEM, "x", AT),
            {
                "type": "message",
                "seq": 2,
                "from": "system",
                "text": "x",
                "at": "2026-05-04T12:30:01.500Z",
            },
        ),
        (
            frames.Ack(CID, 1, AT),
            {"type": "ack", "cid": str(CID), "seq": 1, "at": "2026-05-04T12:30:01.500Z"},
        ),
        (
            frames.State(ContactState.ACTIVE, None, None),
            {
                "type": "state",
                "state": "active",
                "position": None,
                "wait_seconds": None,
                "queue": None,
                "message": None,
                "says": [],
            },
        ),
        (
            frames.State(
                ContactState.WAITING, 2, 90, QueueStateKind.UNSTAFFED, "Grève.", says=("unstaffed",)
            ),
            {
                "type": "state",
                "state": "waiting",
                "position": 2,
                "wait_seconds": 90,
                "queue": "unstaffed",
                "message": "Grève.",
                "says": ["unstaffed"],
            },
        ),
        (frames.Typing(), {"type": "typing"}),
        (frames.Pong(), {"type": "pong"}),
        (frames.Error("flood", 1.5), {"type": "error", "code": "flood", "retry_after": 1.5}),
        (
            frames.Error("cid_reused", cid=CID),
            {"type": "error", "code": "cid_reused", "retry_after": None, "cid": str(CID)},
        ),
        (frames.Reconnect(250), {"type": "reconnect", "after_ms": 250}),
        (frames.Resync(), {"type": "resync"}),
    ],
)
def test_each_server_frame_is_written_as_its_schema_says(
    frame: frames.ServerFrame, document: dict[str, object]
) -> None:
    written = json.loads(serialise(frame))
    assert written == document
    SERVER.validate(written)


def test_what_was_said_and_the_token_are_not_in_a_frame_s_own_printing() -> None:
    line = frames.Message(1, CID, Sender.VISITOR, "secret", AT)
    shown = f"{frames.Hello('secret')} {frames.Send(CID, 'secret')} {line}"
    assert "secret" not in shown


def test_instants_are_in_utc_whatever_zone_they_come_in() -> None:
    assert (
        instant(datetime.fromisoformat("2026-05-04T14:30:00+02:00")) == "2026-05-04T12:30:00.000Z"
    )
