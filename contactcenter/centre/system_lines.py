"""The helpline's own words in a conversation: who writes is told what happens to it."""

from datetime import datetime

import structlog

from config.errors import CentreError
from config.helpline.helpline import Helpline
from config.vocabulary import Channel
from contactcenter.centre.wakes import Wakes
from records.contacts.snapshot import ContactSnapshot
from records.messages.messages import Messages
from routing.wakeups import WakeKind

log = structlog.get_logger()


class SystemLines:
    """Says texts of the helpline in chats; callers hear theirs in documents."""

    def __init__(self, messages: Messages, wakes: Wakes, helpline: Helpline) -> None:
        """Speak with the words of `helpline`."""
        self._messages = messages
        self._wakes = wakes
        self._helpline = helpline

    async def say(
        self, contact: ContactSnapshot, key: str, opening: datetime | None = None
    ) -> None:
        """Say a text in a chat, once in a turn, in the person's language, « tu » or « vous ».

        `opening` fills in when somebody is back, for a text that tells it.
        That it cannot be said (the database is away, the chat is over) holds
        nothing back: it follows an act that is committed, and is logged.
        """
        if contact.channel is not Channel.CHAT:
            return
        language = self._helpline.language(contact.language)
        when = self._helpline.when(opening, language)
        words = self._helpline.text(key, language, audience=contact.audience, opening=when)
        try:
            await self._messages.system_line(
                contact.contact_id, key, words, occasion=str(contact.turn)
            )
        except CentreError as error:
            log.warning("not_said", contact_id=str(contact.contact_id), key=key, code=error.code)
            return
        await self._wakes.tell(WakeKind.MESSAGE, contact.contact_id)
