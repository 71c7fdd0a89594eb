"""line.toml, limits.toml, emergency_numbers.toml: who the helpline is and how long things last."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from config.helpline.schema.base import Id, Label, LanguageCode, NonEmpty, Rule, Seconds
from config.phone import configured_number


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone of the IANA data base") from None
    return name


OurNumber = Annotated[str, AfterValidator(configured_number)]  # E.164


class Line(Rule):
    """The helpline itself."""

    id: Id
    # Lines that share listeners share a pool: one hash slot, one capacity, one idle clock.
    pool: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    name: Label
    timezone: Annotated[str, AfterValidator(_known_zone)]
    # What the carrier rings; setting TWILIO_NUMBER, when given, wins over it.
    number: OurNumber
    languages: Annotated[tuple[LanguageCode, ...], Field(min_length=1)]  # the first is the default

    @property
    def zone(self) -> ZoneInfo:
        """Return the line's own time zone; everything stored stays in UTC."""
        return ZoneInfo(self.timezone)


class FurtherLine(Rule):
    """Another number of the same pool, with the main line's zone and languages."""

    id: Id
    name: Label
    number: OurNumber


class Limits(Rule):
    """How long and how many. Seconds unless the name says otherwise."""

    offer_seconds: Seconds
    offer_seen_seconds: Seconds  # not displayed by then: back at once, and not a miss
    accepting_seconds: Seconds
    round_seconds: Seconds
    skipped_listeners: Annotated[int, Field(ge=1, le=16)]
    misses_before_asking: Annotated[int, Field(ge=1, le=10)]
    lease_seconds: Seconds
    preferred_listener_seconds: Seconds
    wrap_up_seconds: Seconds
    max_chats: Annotated[int, Field(ge=1, le=10)]
    menu_seconds: Annotated[int, Field(ge=3, le=30)]
    wait_message_seconds: Annotated[int, Field(ge=60, le=600)]  # TWILIO.md: 60 at least
    listener_ring_seconds: Annotated[int, Field(ge=5, le=60)]  # the carrier refuses less than 5
    caller_join_seconds: Seconds
    away_seconds: Seconds
    no_socket_offer_seconds: Seconds
    chat_grace_seconds: Seconds  # a listener's lease is lost: her chats go back after this
    message_max_chars: Annotated[int, Field(ge=100, le=4000)]  # fits the 16 kB chat frame
    messages_per_minute: Annotated[int, Field(ge=5, le=600)]
    openings_per_address_per_hour: Annotated[int, Field(ge=1, le=10_000)]
    session_hours: Annotated[int, Field(ge=1, le=24)]
    help_out_seconds: Seconds  # when others than a queue's first choice help out
    # Chats that a listener may hold beside one call; 0: a call or chats, never both.
    chats_beside_call: Annotated[int, Field(ge=0, le=10)]
    wrap_up_extension_seconds: Seconds
    wrap_up_extensions: Annotated[int, Field(ge=0, le=10)]
    pause_seconds: Seconds  # offered after a hard contact
    hard_contacts_in_a_row: Annotated[int, Field(ge=1, le=20)]  # then the coordinator is told
    returning_call_minutes: Annotated[int, Field(ge=1, le=1440)]
    short_contact_seconds: Seconds
    short_contacts: Annotated[int, Field(ge=2, le=100)]
    short_contacts_minutes: Annotated[int, Field(ge=1, le=1440)]
    repeat_contacts: Annotated[int, Field(ge=2, le=100)]
    repeat_days: Annotated[int, Field(ge=1, le=365)]
    estimate_window_seconds: Seconds
    service_level_window_seconds: Seconds
    early_abandon_seconds: Seconds  # gone by then: counted apart, nobody could have answered


class EmergencyNumber(Rule):
    """A number people are told; the operator checks it and writes the date."""

    id: Id
    number: NonEmpty
    label: Label
    note: Label
    urgent: bool = False  # shown first, and on every closed or failing page
    text_message: bool = False  # reachable by SMS: for who cannot speak, or must not be heard
    verified_at: date | None = None


class VisitorPage(Rule):
    """What the chat page does in a hurry."""

    # A neutral site; http is for a machine's own tests.
    exit_url: Annotated[
        str, Field(pattern=r"^(https://[^\s/?#@]+|http://127\.0\.0\.1:[0-9]+)(/\S*)?$")
    ] = "https://fr.wikipedia.org/"
    escape_leaves: bool = False  # Escape three times, as Shift three times always does


class LineFile(Rule):
    """line.toml."""

    line: Line
    lines: tuple[FurtherLine, ...] = ()
    page: VisitorPage = VisitorPage()


class LimitsFile(Rule):
    """limits.toml."""

    limits: Limits


class EmergencyFile(Rule):
    """emergency_numbers.toml."""

    numbers: Annotated[tuple[EmergencyNumber, ...], Field(min_length=1)]
