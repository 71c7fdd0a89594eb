"""What an answer of a write-up promises: a task, dated and owned, once the contact is closed."""

from typing import Annotated

from pydantic import Field

from config.helpline.schema.base import Id, Rule
from config.vocabulary import FollowUpKind, FollowUpOwner

HourOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Promise(Rule):
    """A follow-up that an answer makes; several answers may promise the same kind."""

    kind: FollowUpKind
    # The answers that promise it; empty for a yes-or-no question, where it is yes.
    when: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,48}$")], ...] = ()
    queue: Id
    owner: FollowUpOwner
    # Due on the day that this question of the form answers, at `due_at` on the line's clock;
    # with no day, so many hours after the contact is closed.
    due_on: Id | None = None
    due_at: HourOfDay = "09:00"
    due_hours: Annotated[int, Field(ge=1, le=24 * 366)]
    # Questions whose answers are shown to whoever takes the task on.
    shows: tuple[Id, ...] = ()
