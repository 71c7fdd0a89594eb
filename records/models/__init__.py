"""The one description of the schema. Run time is asyncpg with named SQL; see docs/decisions/0002."""

from records.models.audit import Audit, AuditSeal, AuditUnsealed
from records.models.case import (
    BlindIndex,
    CaseContact,
    CaseFile,
    CasePerson,
    ContactCorrespondent,
    ContactPerson,
    Correspondent,
    Person,
)
from records.models.columns import metadata
from records.models.contact import Contact, ContactEvent, ContactFact
from records.models.conversation import ContactForm, Conversation, Message
from records.models.engagement import Engagement
from records.models.follow_up import FollowUp
from records.models.keys import CheckValue, DataKey
from records.models.line import ConfigVersion, FormVersion, Line
from records.models.queue_override import QueueOverride
from records.models.set_aside import SetAsideRow
from records.models.staff import (
    Listener,
    LiveTicket,
    PresenceEvent,
    Staff,
    StaffLine,
    StaffSession,
    StaffSkill,
)

__all__ = [
    "Audit",
    "AuditSeal",
    "AuditUnsealed",
    "BlindIndex",
    "CaseContact",
    "CaseFile",
    "CasePerson",
    "CheckValue",
    "ConfigVersion",
    "Contact",
    "ContactCorrespondent",
    "ContactEvent",
    "ContactFact",
    "ContactForm",
    "ContactPerson",
    "Conversation",
    "Correspondent",
    "DataKey",
    "Engagement",
    "FollowUp",
    "FormVersion",
    "Line",
    "Listener",
    "LiveTicket",
    "Message",
    "Person",
    "PresenceEvent",
    "QueueOverride",
    "SetAsideRow",
    "Staff",
    "StaffLine",
    "StaffSession",
    "StaffSkill",
    "metadata",
]
