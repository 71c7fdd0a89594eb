"""A contact and a listener as a trace of facts has them: what the laws of routing are judged on."""

from dataclasses import dataclass, field

from tests.kit.routing_facts import Id, Present, Waits


@dataclass
class TracedContact:
    """A contact by the trace."""

    arrived_ms: int
    waits: Waits | None = None
    waits_since_ms: int = 0  # since when the truth has it wait without a break
    held: bool = False
    offer: Id = None
    owner: Id = None  # the engagement that holds it
    left: bool = False
    left_ms: int = 0
    refused_by: dict[Id, int | None] = field(default_factory=dict)  # who → asked again from
    stands_since_ms: int | None = None

    def is_kept_off(self, listener: Id, at_ms: int) -> bool:
        """Say whether she refused it and is not to be asked again at an instant."""
        if listener not in self.refused_by:
            return False
        again = self.refused_by[listener]
        in_danger = self.waits is not None and self.waits.band == 0
        return not in_danger or again is None or again > at_ms


@dataclass
class TracedListener:
    """A listener by the trace."""

    present: Present
    offer: Id = None
    open: dict[Id, str] = field(default_factory=dict)  # engagement → channel
    since_ms: int = 0  # when what she may take last changed
    present_since_ms: int = 0  # when her presence last changed
    unheld_ms: int = 0  # when one in danger that she had refused last stopped keeping her

    def channels(self, *, ready: bool = True) -> frozenset[str]:
        """The channels she may be offered now."""
        if ready and (not self.present.ready or self.offer is not None):
            return frozenset()
        calls = sum(channel == "call" for channel in self.open.values())
        chats = len(self.open) - calls
        beside, most = self.present.chats_beside_call, self.present.max_chats
        takes = set()
        if calls == 0 and chats <= beside and (chats == 0 or beside):
            takes.add("call")
        if chats < (beside if calls else most):
            takes.add("chat")
        return frozenset(takes)
