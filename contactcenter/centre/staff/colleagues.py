"""Who could be named in a hand-over: colleagues who are present and serve the queue."""

from config.errors import InvalidInput
from config.helpline.helpline import Helpline
from config.vocabulary import Channel
from contactcenter.centre.supervision_views import ColleagueList, PresentColleague
from records.actor import Principal
from records.policy import Relation, Right, may
from records.supervision import Floor


class Colleagues:
    """Reads who is there; what they are busy with is for whoever supervises."""

    def __init__(self, floor: Floor, helpline: Helpline) -> None:
        """Read presence from `floor`."""
        self._floor = floor
        self._helpline = helpline

    async def serving(
        self, principal: Principal, queue: str, channel: Channel | None
    ) -> ColleagueList:
        """Return who is present and serves a queue, on one channel or on any; not herself.

        As a first choice or helping out, since whoever is named is asked at once.
        Raises InvalidInput `queue_unknown`, for a queue of another line too.
        """
        lanes = [
            lane
            for lane in self._helpline.lanes()
            if lane.queue == queue and channel in (None, lane.channel)
        ]
        line = lanes[0].line if lanes else None  # a queue is of one line
        if line is None or not may(principal, Right.HAND_OVER, Relation(line, serving=True)):
            raise InvalidInput("no such queue", code="queue_unknown", field="queue")
        wanted = {lane.id for lane in lanes}
        profiles = {
            each.id
            for each in self._helpline.all_profiles()
            if not wanted.isdisjoint((*each.lanes, *(one.lane for one in each.help)))
        }
        present = await self._floor.present(line, profiles)
        return ColleagueList(
            colleagues=[
                PresentColleague(
                    staff_id=each.staff_id, display_name=each.display_name, state=each.state
                )
                for each in present
                if each.staff_id != principal.staff_id
            ]
        )
