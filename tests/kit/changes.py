"""An engagement, for tests of what follows a change; its contact is `tests.kit.intake`'s."""

from datetime import UTC, datetime, timedelta

from config.ids import new_id
from config.vocabulary import Channel, EngagementRole, EngagementState, EngagementStep, Level
from records.engagements.engagement import Engagement

NOW = datetime(2027, 1, 4, 10, tzinfo=UTC)


def an_engagement() -> Engagement:
    """Return a listener's talk with somebody; what a test is about it replaces."""
    return Engagement(
        engagement_id=new_id(),
        contact_id=new_id(),
        line_id="dlpm",
        listener_id=new_id(),
        session_id=new_id(),
        channel=Channel.CALL,
        state=EngagementState.TALKING,
        level=Level.LISTENING,
        role=EngagementRole.PRIMARY,
        turn=1,
        step=EngagementStep.NONE,
        step_due_at=None,
        step_attempts=0,
        conference_name=None,
        conference_sid=None,
        leg_call_sid=None,
        accepted_at=NOW,
        talking_at=NOW,
        wrap_up_at=None,
        wrap_up_until=NOW + timedelta(minutes=10),
        done_at=None,
    )
