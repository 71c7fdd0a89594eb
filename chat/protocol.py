"""The frames of the visitor's socket: pure parsing and serialising.

A frame is one JSON object in one text message of at most 16 kB. What a client
sends is parsed strictly for the fields we know and leniently for those we do
not, so that an older server understands a newer client. Errors have names
(`InvalidFrame.code`); `docs/chat-protocol.md` lists them, and the JSON
Schemas in docs/schemas/chat/ say the same as this module.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

from chat.frames import (
    Ack,
    ClientFrame,
    Error,
    Hello,
    Leave,
    Message,
    Ping,
    Pong,
    Read,
    Ready,
    Reconnect,
    Resync,
    Send,
    ServerFrame,
    State,
    Typing,
)
from config.errors import InvalidInput
from config.writing import is_blank, is_storable

MAX_FRAME_BYTES = 16 * 1024
MAX_TEXT_CHARACTERS = 2000  # of a line, where the helpline sets nothing else
MAX_TOKEN_CHARACTERS = 200
# The largest integer that a JavaScript client reads back exactly.
MAX_SEQ = 2**53 - 1


class InvalidFrame(InvalidInput):
    """A frame that is refused; `code` names why.

    `fatal` ones end the connection: a correct client never sends them. The
    others (a text too long, blank, or holding what no store keeps) are a
    person's doing and only refuse that frame; `cid` then names the line it was.
    """

    def __init__(
        self, code: str, *, field: str | None = None, fatal: bool = True, cid: UUID | None = None
    ) -> None:
        """Name the mistake; never with any of the frame's content."""
        super().__init__(code=code, field=field)
        self.fatal = fatal
        self.cid = cid


def parse(raw: str | bytes, most_characters: int = MAX_TEXT_CHARACTERS) -> ClientFrame:
    """Return the client's frame; raise InvalidFrame with its named error.

    `most_characters` is the helpline's one limit of a line.
    """
    if isinstance(raw, bytes):
        raise InvalidFrame("not_text")
    # Characters first: a lone surrogate cannot be encoded, and counts below anyway.
    if len(raw) > MAX_FRAME_BYTES or len(raw.encode(errors="replace")) > MAX_FRAME_BYTES:
        raise InvalidFrame("frame_too_large")
    document = _load(raw)
    if not isinstance(document, dict):
        raise InvalidFrame("not_an_object")
    match document.get("type"):
        case "hello":
            return Hello(token=_token(document), last_seq=_seq(document, "last_seq", default=0))
        case "send":
            cid = parse_cid(document.get("cid"))
            return Send(cid=cid, text=parse_text(document.get("text"), cid, most_characters))
        case "typing":
            return Typing()
        case "read":
            return Read(seq=_seq(document, "seq"))
        case "ping":
            return Ping()
        case "leave":
            return Leave(quick=_flag(document, "quick"))
        case _:
            raise InvalidFrame("unknown_type")


def parse_cid(value: object) -> UUID:
    """Return a line's client id; InvalidFrame `bad_field` unless it is a UUID's usual text."""
    if isinstance(value, str) and len(value) == 36:
        try:
            return UUID(value)
        except ValueError:
            pass
    raise InvalidFrame("bad_field", field="cid")


def parse_text(
    value: object, cid: UUID | None = None, most_characters: int = MAX_TEXT_CHARACTERS
) -> str:
    """Return a line's text as written.

    Raises InvalidFrame: `bad_field` when it is no text; not fatal, `bad_field`
    when it shows nothing, or holds NUL or half a surrogate pair, which no store
    can keep, and `text_too_long` past `most_characters`.
    """
    if not isinstance(value, str):
        raise InvalidFrame("bad_field", field="text", cid=cid)
    if is_blank(value) or not is_storable(value):
        # A pasted text may hold them: the line is refused, and the person goes on talking.
        raise InvalidFrame("bad_field", field="text", fatal=False, cid=cid)
    if len(value) > most_characters:
        raise InvalidFrame("text_too_long", field="text", fatal=False, cid=cid)
    return value


def is_token(value: str) -> bool:
    """Tell whether a text has the shape of a token: what a centre may hash without a thought."""
    return 0 < len(value) <= MAX_TOKEN_CHARACTERS and value.isascii() and value.isprintable()


def serialise(frame: ServerFrame) -> str:
    """Return the frame as JSON text; absent optional fields are left out, unknowns are null."""
    return json.dumps(to_document(frame), ensure_ascii=False, separators=(",", ":"))


def to_document(frame: ServerFrame) -> dict[str, Any]:
    """Return the frame as the JSON object that `serialise` writes."""
    return {"type": _NAMES[type(frame)], **_fields(frame)}


def line_document(line: Message) -> dict[str, Any]:
    """Return a stored line as both the socket and the HTTP fallback show it."""
    about = {} if line.cid is None else {"cid": str(line.cid)}
    return {
        "seq": line.seq,
        **about,
        "from": line.sender,
        "text": line.text,
        "at": instant(line.at),
    }


def instant(at: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_NAMES: dict[type[ServerFrame], str] = {
    Ready: "ready",
    Message: "message",
    Ack: "ack",
    State: "state",
    Typing: "typing",
    Pong: "pong",
    Error: "error",
    Reconnect: "reconnect",
    Resync: "resync",
}


def _fields(frame: ServerFrame) -> dict[str, Any]:
    match frame:
        case Message():
            return line_document(frame)
        case Ack(cid=cid, seq=seq, at=at):
            return {"cid": str(cid), "seq": seq, "at": instant(at)}
        case Error(code=code, retry_after=retry_after, cid=cid):
            about = {} if cid is None else {"cid": str(cid)}
            return {"code": code, "retry_after": retry_after, **about}
        case State(quick=False):
            return {name: value for name, value in asdict(frame).items() if name != "quick"}
        case _:
            # The others hold numbers, words and nulls only: the fields as they are named.
            return asdict(frame)


def _load(raw: str) -> object:
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # From None: the decoder's message quotes the frame.
        raise InvalidFrame("not_json") from None


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError


def _token(document: dict[str, Any]) -> str:
    value = document.get("token")
    if not isinstance(value, str) or not is_token(value):
        raise InvalidFrame("bad_field", field="token")
    return value


def _seq(document: dict[str, Any], name: str, default: int | None = None) -> int:
    value = document.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SEQ:
        raise InvalidFrame("bad_field", field=name)
    return value


def _flag(document: dict[str, Any], name: str) -> bool:
    value = document.get(name, False)
    if not isinstance(value, bool):
        raise InvalidFrame("bad_field", field=name)
    return value
