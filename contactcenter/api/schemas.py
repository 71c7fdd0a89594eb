"""What a request may say, and the answers that only the API has."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)

from config.vocabulary import ContactState, DeclineReason, Disposition, PresenceState, Urgency
from config.writing import is_blank
from contactcenter.auth.totp import LONGEST_WRITTEN
from contactcenter.centre.views import (
    ContactView,
    FactorAnswer,
    FormValue,
    LossView,
    OfferView,
    PresenceView,
    SoftphoneView,
    StaffView,
    View,
)

_MAX_FORM_VALUES = 200


def _no_nul(text: str) -> str:
    """Refuse U+0000: no database text holds it."""
    if "\x00" in text:
        raise ValueError("holds a null character")
    return text


def _no_nul_inside(values: dict[str, FormValue]) -> dict[str, FormValue]:
    for value in values.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                _no_nul(text)
    return values


def _saying_something(text: str) -> str:
    if is_blank(text):
        raise ValueError("shows nothing")
    return text


def _in_digits(value: object) -> object:
    """Let through a query's number only as plain digits: no « 1.0 », « 1_000 », « true », « ٥ »."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 16):
        raise ValueError("is no whole number")
    return value


def _a_number(value: object) -> object:
    """Let through an urgency only as a number: to an enumeration `true` and `1.0` are 1."""
    if type(value) not in (int, Urgency):
        raise ValueError("is no whole number")
    return value


Text = Annotated[str, AfterValidator(_no_nul)]
Words = Annotated[Text, AfterValidator(_saying_something)]
IN_DIGITS = BeforeValidator(_in_digits)
Rung = Annotated[Urgency, BeforeValidator(_a_number)]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Department = Annotated[str, Field(pattern=r"^[0-9][0-9AB][0-9]?$", examples=["75", "2A", "974"])]
FieldId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Request(BaseModel):
    """The shape of every request body and query: closed, finite numbers, input never repeated.

    A body is read strictly (`endpoints.read_body`): a number is a number, never `true`, `"3"` or
    `3.0`. A query is text, so its numbers are `IN_DIGITS`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )


class SignInBody(Request):
    """Login, password and the six digits of the authenticator."""

    login: Annotated[Text, Field(min_length=1, max_length=200)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]
    totp: Annotated[SecretStr, Field(min_length=1, max_length=LONGEST_WRITTEN)]


class LossesSeenBody(Request):
    """Up to when what the desk lost was seen: the newest `lost_at` shown."""

    until: AwareDatetime


class PresenceBody(Request):
    """What a listener declares; the other states are the service's own conclusions.

    `check_audio` is her desk's word: the telephone network cannot ring her any more. It changes
    who is ready and nobody else.

    `leaving` is the end of a shift: she finishes what is open, takes nothing new, and is offline
    once nothing is.
    """

    state: Literal[
        PresenceState.READY,
        PresenceState.BREAK,
        PresenceState.LEAVING,
        PresenceState.OFFLINE,
        PresenceState.CHECK_AUDIO,
    ]


class DeclineBody(Request):
    """Why the offer is given back; « other » when nothing is said."""

    reason: DeclineReason = DeclineReason.OTHER


class ContactsQuery(Request):
    """Which contacts, newest first; `before` is the `next` of the page before."""

    state: ContactState | None = None
    limit: Annotated[int, Field(ge=1, le=200), IN_DIGITS] = 50
    before: UUID | None = None


class MessagesQuery(Request):
    """Lines numbered above `after`."""

    after: Annotated[int, Field(ge=0, le=2**53), IN_DIGITS] = 0
    limit: Annotated[int, Field(ge=1, le=500), IN_DIGITS] = 200


class MessageBody(Request):
    """A line to store; the same `cid` may be sent again until it is answered."""

    cid: UUID
    text: Annotated[
        Text,
        Field(
            min_length=1,
            max_length=4000,
            description="not blank; the helpline's one limit of a line, the same for visitors and"
            " listeners, is lower: `message_max_chars` of its limits.toml",
        ),
    ]


class FormBody(Request):
    """The whole write-up as it now reads, over the revision it was read at (0 = never saved)."""

    values: Annotated[
        dict[FieldId, FormValue],
        Field(max_length=_MAX_FORM_VALUES),
        AfterValidator(_no_nul_inside),
    ]
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)]


class UrgencyBody(Request):
    """The urgency, 1 to 5; `confirm` says that a declared one was checked with the person."""

    urgency: Rung
    reason: Annotated[Words, Field(min_length=1, max_length=500)] | None = None
    confirm: bool = False


class FactorsBody(Request):
    """What was answered of some urgency factors; those left out keep their answer."""

    factors: Annotated[dict[Code, FactorAnswer], Field(min_length=1, max_length=100)]


class ExtendBody(Request):
    """The end of the write-up as it was shown: sent again with it, it is not extended twice."""

    wrap_up_until: AwareDatetime | None = None


class HandOverBody(Request):
    """Where the person goes on waiting; their place in time is kept.

    `needs` replaces what the contact needs, when given; `urgency` rates it anew;
    `listener_id` is who is asked first, for as long as the helpline prefers somebody.
    """

    queue: Code
    needs: Annotated[list[Code], Field(max_length=8)] | None = None
    urgency: Rung | None = None
    listener_id: UUID | None = None


class CloseBody(Request):
    """What became of the contact; a code when it had no content."""

    disposition: Disposition
    non_content_code: Code | None = None


class CasesQuery(Request):
    """The cases of a reference, or the latest."""

    reference: Annotated[Text, Field(min_length=1, max_length=32)] | None = None
    limit: Annotated[int, Field(ge=1, le=200), IN_DIGITS] = 50


class CaseBody(Request):
    """A new case; the label is sealed and seen only by those who may open the case."""

    label: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    department: Department | None = None


class LiveQuery(Request):
    """The ticket of `POST me/live-ticket`; a socket that only watches keeps nobody's place."""

    ticket: Annotated[str, Field(min_length=1, max_length=128)]
    watch: bool = False


class SignedInView(View):
    """A session: the token serves as `Authorization: Bearer`; a browser also gets a cookie."""

    token: str
    expires_at: AwareDatetime
    staff: StaffView


class LiveTicketView(View):
    """Open `GET live?ticket=` with it before it expires; it serves once."""

    ticket: str
    expires_at: AwareDatetime


class MeView(View):
    """Everything a desk needs to draw itself again after a reload."""

    staff: StaffView
    presence: PresenceView
    offer: OfferView | None
    engagements: list[ContactView]
    losses: list[LossView] = Field(default_factory=list)
    max_chats: int
    softphone: SoftphoneView
