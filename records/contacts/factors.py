"""The urgency factors somebody ticked, and the urgency that follows from them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from config.errors import Conflict, InvalidInput
from config.vocabulary import ContactEventKind, ContactState, Urgency, UrgencySource
from records.actor import Actor
from records.coded import CodedValue, code
from records.contacts.change import Change
from records.contacts.events import Happened, record
from records.contacts.holding import acting, changed, hold_as
from records.contacts.rows import Acts
from records.contacts.snapshot import ContactSnapshot
from records.contacts.urgency import Rated
from records.database import Row, Transaction
from records.policy import Right

Answer = Literal["yes", "no", "unknown"]

# « Unknown is not no » (DOMAIN 3.3): each answer is kept as what it is.
FACTS: Mapping[str, str] = {
    "yes": "urgency_factor",
    "no": "urgency_factor_no",
    "unknown": "urgency_factor_unknown",
}
FACTORS_AT_ONCE = 60
_RATED = (ContactState.WAITING, ContactState.ACTIVE, ContactState.ENDED)


class Ticking(Acts):
    """The act on factors."""

    async def tick(
        self,
        contact_id: UUID,
        factors: Mapping[str, Answer],
        floor: Callable[[Collection[str]], Rated],
        actor: Actor,
        now: datetime,
    ) -> Change:
        """Keep what was answered of these factors; raise the urgency to theirs if it is higher.

        `floor` says the most severe floor among all ticked factors, by the
        helpline's rules, with its band and head start. It is never lowered
        here: unticking proposes nothing less. Answers to other factors stay;
        saying the same again changes nothing. Raises InvalidInput, Conflict
        `contact_not_placed` or `contact_closed`.
        """
        facts = _facts(factors)
        async with acting(self._database, self._vault, actor, now) as tx:
            held = await hold_as(tx, actor, contact_id, Right.CONTACT_SERVE, now)
            contact = held.contact
            _check_rated(contact)
            kept = await tx.fetch("contact_list.facts", contact_id)
            rating = floor(_ticked(kept, factors))
            urgency = rating.urgency
            raised = contact.urgency is None or urgency < contact.urgency
            new = facts - {(row["fact"], row["value"]) for row in kept}
            if not new and not raised:
                return held.unchanged
            await _keep(tx, contact, facts)
            columns = (
                int(urgency),
                UrgencySource.FACTORS.value,
                rating.band,
                rating.head_start_ms,
                None,
            )
            row = await (
                tx.fetch_one("contact.set_urgency", contact_id, *columns, now)
                if raised
                else tx.fetch_one("contact.touch", contact_id, now)
            )
            after = changed(row)
            told: dict[str, CodedValue] = {factor: factors[factor] for _, factor in new}
            done = [Happened(ContactEventKind.FACTORS_TICKED, told)]
            if raised:
                done.append(Happened(ContactEventKind.URGENCY_RAISED, _rated(contact, urgency)))
            await record(tx, self._vault, actor, after, now, "contact.factors", told, *done)
            return held.became(after)


def _ticked(kept: Iterable[Row], said: Mapping[str, Answer]) -> set[str]:
    """Return the factors answered yes, what is said now taking the place of what was."""
    before = {row["value"] for row in kept if row["fact"] == FACTS["yes"]}
    return (before - said.keys()) | {factor for factor, answer in said.items() if answer == "yes"}


def _check_rated(contact: ContactSnapshot) -> None:
    if contact.state not in _RATED:
        arriving = contact.state is ContactState.ARRIVING
        raise Conflict(
            "no factor can be ticked now",
            code="contact_not_placed" if arriving else "contact_closed",
        )


async def _keep(tx: Transaction, contact: ContactSnapshot, facts: set[tuple[str, str]]) -> None:
    factors = [factor for _, factor in facts]
    await tx.execute("contact.forget_factors", contact.contact_id, factors)
    await tx.execute(
        "contact.keep_factors",
        contact.contact_id,
        contact.line_id,
        [fact for fact, _ in facts],
        factors,
    )


def _rated(contact: ContactSnapshot, urgency: Urgency) -> dict[str, CodedValue]:
    return {
        "from": contact.urgency,
        "to": int(urgency),
        "source": UrgencySource.FACTORS.value,
        "confirmed": False,
    }


def _facts(factors: Mapping[str, Answer]) -> set[tuple[str, str]]:
    if len(factors) > FACTORS_AT_ONCE:
        raise InvalidInput("too many factors at once", field="factors")
    strange = [answer for answer in factors.values() if answer not in FACTS]
    if strange:
        raise InvalidInput("yes, no or unknown", field="factors")
    return {(FACTS[answer], code(factor, "factors")) for factor, answer in factors.items()}
