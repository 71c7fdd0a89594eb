"""A leg that rings: the telephones it rings on, and the first answer."""

import asyncio

from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.conferences.media import Endpoint
from contactcenter.telephony.emulator.wire import CallStatus


class Ringing:
    """All telephones of one identity ring; the first to answer has the call."""

    def __init__(self, call: Call, telephones: tuple[Endpoint, ...]) -> None:
        """Ring for `call`."""
        self._call = call
        self._left = list(telephones)
        self._done = asyncio.Event()

    async def outcome(self) -> CallStatus | None:
        """Return None once a telephone has answered, BUSY once all have refused or gone."""
        await self._done.wait()
        return None if self._call.endpoint is not None else CallStatus.BUSY

    def answer(self, telephone: Endpoint) -> bool:
        """Give the call to a telephone that it rings on; False if another was first."""
        if self._done.is_set() or telephone not in self._left:
            return False
        self._call.endpoint = telephone
        self._done.set()
        return True

    def refuse(self, telephone: Endpoint) -> None:
        """Stop ringing on one telephone."""
        if telephone in self._left:
            self._left.remove(telephone)
        if not self._left:
            self._done.set()
