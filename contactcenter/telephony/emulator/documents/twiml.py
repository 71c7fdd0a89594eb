"""TwiML documents read into verbs: bytes in, a tuple of verbs out, no I/O.

Only the verbs this project uses are known. An unknown verb or attribute is an
error, as silently skipping one would pass for having done it. Source: the
TwiML reference for Programmable Voice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

MAX_DOCUMENT_BYTES = 65_536  # Twilio's own limit
MAX_VERBS = 1000
LOOP_FOR_EVER = 1000  # `loop="0"`; a bound, as everything here is bounded


class TwimlError(Exception):
    """A document cannot be used; `code` is Twilio's.

    12100 not XML, 12200 not TwiML, 11100 an address that leads nowhere.
    """

    def __init__(self, code: int) -> None:
        """Hold the code; the document itself is never repeated in an error."""
        super().__init__(f"twiml error {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Say:
    """Speak `text`, `loop` times."""

    text: str
    language: str
    voice: str
    loop: int


@dataclass(frozen=True, slots=True)
class Play:
    """Play the sound at `url`, `loop` times."""

    url: str
    loop: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Be silent for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys while `prompts` run and for `timeout` seconds after each key.

    An empty `action` means the address of the current document.
    """

    prompts: tuple["Say | Play | Pause", ...]
    action: str
    method: str
    timeout: float
    num_digits: int | None
    finish_on_key: str
    action_on_empty: bool


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with the document at `url`."""

    url: str
    method: str


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait in the queue `name`; `wait_url` None means the default music."""

    name: str
    action: str | None
    method: str
    wait_url: str | None
    wait_method: str


@dataclass(frozen=True, slots=True)
class Conference:
    """The noun of a `<Dial>`: how this call takes part in the conference `name`."""

    name: str
    label: str
    muted: bool
    beep: str
    start_on_enter: bool
    end_on_exit: bool
    wait_url: str | None
    wait_method: str
    max_participants: int
    coach: str
    callback_url: str
    callback_method: str
    callback_events: frozenset[str]


@dataclass(frozen=True, slots=True)
class Dial:
    """Put the call into a conference; `action` None goes on with the next verb."""

    conference: Conference
    action: str | None
    method: str
    hangup_on_star: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue whose wait document this is."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an unanswered call: `busy` or `rejected`."""

    reason: str


Verb = Say | Play | Pause | Gather | Redirect | Enqueue | Dial | Leave | Hangup | Reject

WAIT_VERBS = frozenset({Say, Play, Pause, Gather, Redirect, Leave, Hangup})
CONFERENCE_WAIT_VERBS = frozenset({Say, Play, Pause, Redirect})
ALL_VERBS = WAIT_VERBS | {Enqueue, Dial, Reject}


def read(document: bytes, allowed: frozenset[type] = ALL_VERBS) -> tuple[Verb, ...]:
    """Return the verbs of a document; an empty body is an empty document.

    Raises TwimlError. Document type declarations are refused: entities could
    grow without bound.
    """
    if not document.strip():
        return ()
    if len(document) > MAX_DOCUMENT_BYTES or b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise TwimlError(12100)
    try:
        root = ET.fromstring(document)  # noqa: S314 - declarations were refused above
    except (ET.ParseError, ValueError, LookupError):
        raise TwimlError(12100) from None
    if root.tag != "Response" or len(root) > MAX_VERBS:
        raise TwimlError(12200)
    verbs = tuple(_verb(element) for element in root)
    if any(type(verb) not in allowed for verb in verbs):
        raise TwimlError(12200)
    return verbs


def addresses(verbs: Iterable[Verb]) -> Iterator[str]:
    """Yield every address that verbs name: where they lead, what they play, whom they tell."""
    for verb in verbs:
        named: tuple[str | None, ...] = ()
        match verb:
            case Redirect() | Play():
                named = (verb.url,)
            case Gather():
                named = (verb.action, *addresses(verb.prompts))
            case Enqueue():
                named = (verb.action, verb.wait_url)
            case Dial():
                named = (verb.action, verb.conference.wait_url, verb.conference.callback_url)
        yield from filter(None, named)


def _verb(element: ET.Element) -> Verb:
    reader = _READERS.get(element.tag)
    if reader is None:
        raise TwimlError(12200)
    attributes = _Attributes(element.attrib)
    verb = reader(element, attributes)
    attributes.finish()
    return verb


class _Attributes:
    """Attributes read one by one; what is left unread at the end was not understood."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._left = dict(attributes)

    def text(self, name: str, default: str = "") -> str:
        return self._left.pop(name, default)

    def optional(self, name: str) -> str | None:
        return self._left.pop(name, None)

    def method(self, name: str = "method") -> str:
        value = self.text(name, "POST").upper()
        if value not in {"GET", "POST"}:
            raise TwimlError(12200)
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "true" if default else "false").lower()
        if value not in {"true", "false"}:
            raise TwimlError(12200)
        return value == "true"

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdigit() or not least <= int(value) <= most:
            raise TwimlError(12200)
        return int(value)

    def finish(self) -> None:
        if self._left:
            raise TwimlError(12200)


def _content(element: ET.Element) -> str:
    if len(element):
        raise TwimlError(12200)
    return " ".join((element.text or "").split())


def _loop(attributes: _Attributes) -> int:
    return attributes.number("loop", 1, 0, LOOP_FOR_EVER) or LOOP_FOR_EVER


def _say(element: ET.Element, attributes: _Attributes) -> Say:
    return Say(
        _content(element), attributes.text("language"), attributes.text("voice"), _loop(attributes)
    )


def _play(element: ET.Element, attributes: _Attributes) -> Play:
    return Play(_content(element), _loop(attributes))


def _pause(element: ET.Element, attributes: _Attributes) -> Pause:
    _content(element)
    return Pause(attributes.number("length", 1, 0, 3600))


def _gather(element: ET.Element, attributes: _Attributes) -> Gather:
    if "dtmf" not in attributes.text("input", "dtmf").split():
        raise TwimlError(12200)
    attributes.text("language")  # of the speech recognition, which is not played here
    digits = attributes.optional("numDigits")
    if digits is not None and not (digits.isdigit() and 1 <= int(digits) <= 32):
        raise TwimlError(12200)
    return Gather(
        prompts=tuple(_prompt(child) for child in element),
        action=attributes.text("action"),
        method=attributes.method(),
        timeout=attributes.number("timeout", 5, 0, 600),
        num_digits=int(digits) if digits else None,
        finish_on_key=attributes.text("finishOnKey", "#"),
        action_on_empty=attributes.flag("actionOnEmptyResult", default=False),
    )


def _prompt(element: ET.Element) -> Say | Play | Pause:
    verb = _verb(element)
    if not isinstance(verb, Say | Play | Pause):
        raise TwimlError(12200)
    return verb


def _redirect(element: ET.Element, attributes: _Attributes) -> Redirect:
    return Redirect(_content(element), attributes.method())


def _enqueue(element: ET.Element, attributes: _Attributes) -> Enqueue:
    return Enqueue(
        name=_content(element),
        action=attributes.optional("action"),
        method=attributes.method(),
        wait_url=attributes.optional("waitUrl"),
        wait_method=attributes.method("waitUrlMethod"),
    )


def _dial(element: ET.Element, attributes: _Attributes) -> Dial:
    nouns = list(element)
    if len(nouns) != 1 or nouns[0].tag != "Conference" or (element.text or "").strip():
        raise TwimlError(12200)
    noun_attributes = _Attributes(nouns[0].attrib)
    conference = _conference(nouns[0], noun_attributes)
    noun_attributes.finish()
    return Dial(
        conference=conference,
        action=attributes.optional("action"),
        method=attributes.method(),
        hangup_on_star=attributes.flag("hangupOnStar", default=False),
    )


def _conference(element: ET.Element, attributes: _Attributes) -> Conference:
    name = _content(element)
    if not name:
        raise TwimlError(12200)
    return Conference(
        name=name,
        label=attributes.text("participantLabel"),
        muted=attributes.flag("muted", default=False),
        beep=attributes.text("beep", "true"),
        start_on_enter=attributes.flag("startConferenceOnEnter", default=True),
        end_on_exit=attributes.flag("endConferenceOnExit", default=False),
        wait_url=attributes.optional("waitUrl"),
        wait_method=attributes.method("waitMethod"),
        max_participants=attributes.number("maxParticipants", 250, 2, 250),
        coach=attributes.text("coach"),
        callback_url=attributes.text("statusCallback"),
        callback_method=attributes.method("statusCallbackMethod"),
        callback_events=frozenset(attributes.text("statusCallbackEvent").split()),
    )


def _leave(element: ET.Element, attributes: _Attributes) -> Leave:  # noqa: ARG001
    _content(element)
    return Leave()


def _hangup(element: ET.Element, attributes: _Attributes) -> Hangup:  # noqa: ARG001
    _content(element)
    return Hangup()


def _reject(element: ET.Element, attributes: _Attributes) -> Reject:
    _content(element)
    reason = attributes.text("reason", "rejected")
    if reason not in {"rejected", "busy"}:
        raise TwimlError(12200)
    return Reject(reason)


_READERS: Mapping[str, Callable[[ET.Element, _Attributes], Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Enqueue": _enqueue,
    "Dial": _dial,
    "Leave": _leave,
    "Hangup": _hangup,
    "Reject": _reject,
}
