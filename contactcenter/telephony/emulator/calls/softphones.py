"""Which identities have a telephone connected now."""

from contactcenter.telephony.emulator.conferences.media import Endpoint

MAX_PER_IDENTITY = 10  # Twilio's own limit of registrations for one identity


class Softphones:
    """Telephones by identity; all those of one identity ring together."""

    def __init__(self) -> None:
        """Start with none."""
        self._by_identity: dict[str, list[Endpoint]] = {}

    def register(self, identity: str, endpoint: Endpoint) -> None:
        """Add a telephone; past the limit the oldest of that identity rings no more."""
        endpoints = self._by_identity.setdefault(identity, [])
        endpoints.append(endpoint)
        del endpoints[:-MAX_PER_IDENTITY]

    def remove(self, identity: str, endpoint: Endpoint) -> None:
        """Take a telephone away."""
        endpoints = self._by_identity.get(identity, [])
        if endpoint in endpoints:
            endpoints.remove(endpoint)
        if not endpoints:
            self._by_identity.pop(identity, None)

    def of(self, identity: str) -> tuple[Endpoint, ...]:
        """Return the telephones of an identity."""
        return tuple(self._by_identity.get(identity, ()))

    def identities(self) -> tuple[str, ...]:
        """Return the identities that can be rung now."""
        return tuple(sorted(self._by_identity))
