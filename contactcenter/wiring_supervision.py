"""The parts behind the supervisor's screen and the follow-ups, made once."""

from dataclasses import dataclass

from config.clock import Clock
from config.helpline.helpline import Helpline
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.presence import Presence
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.staff.alerts import Alerts
from contactcenter.centre.staff.colleagues import Colleagues
from contactcenter.centre.staff.contact_desk import ContactDesk
from contactcenter.centre.staff.destinations import Destinations
from contactcenter.centre.staff.floor_board import FloorBoard
from contactcenter.centre.staff.follow_up_desk import FollowUpDesk
from contactcenter.centre.staff.outlook import Outlook
from contactcenter.centre.staff.queue_board import QueueBoard
from contactcenter.centre.staff.supervised_contacts import SupervisedContacts
from contactcenter.centre.staff.supervision import Supervision
from records.contacts.alarms import Alarms
from records.contacts.contacts import Contacts
from records.contacts.gate import ContactGate
from records.database import Database
from records.engagements.engagements import Engagements
from records.follow_ups import FollowUps
from records.overrides import QueueOverrides
from records.presence import PresenceStore
from records.set_aside import SetAside
from records.supervision import Floor, ForcedPresence
from records.vault import Vault
from routing.router import Router


@dataclass(frozen=True, slots=True)
class SupervisionParts:
    """What the live hub and the API take of it."""

    board: QueueBoard
    supervision: Supervision
    supervised: SupervisedContacts
    follow_ups: FollowUpDesk
    colleagues: Colleagues


def supervision_parts(
    database: Database,
    vault: Vault,
    router: Router,
    contacts: Contacts,
    engagements: Engagements,
    store: PresenceStore,
    presence: Presence,
    overrides: QueueOverrides,
    states: QueueStates,
    desk: ContactDesk,
    effects: Effects,
    placements: Placements,
    clock: Clock,
) -> SupervisionParts:
    """Make every one of them over the engines."""
    helpline: Helpline = placements.helpline
    floor = Floor(database)
    alerts, outlook = Alerts(Alarms(database), floor, SetAside(database), helpline), Outlook()
    return SupervisionParts(
        board=QueueBoard(router, alerts, states, outlook, helpline),
        supervision=Supervision(
            FloorBoard(floor, alerts, overrides, states, outlook, router, helpline, clock),
            ForcedPresence(database, vault),
            presence,
            overrides,
            states,
            helpline,
            clock,
        ),
        supervised=SupervisedContacts(
            contacts,
            engagements,
            store,
            ContactGate(database, vault),
            desk,
            effects,
            placements,
            Destinations(floor, helpline),
            clock,
        ),
        follow_ups=FollowUpDesk(FollowUps(database, vault), floor, helpline, clock),
        colleagues=Colleagues(floor, helpline),
    )
