"""The tree of our own errors.

CentreError
├── Refused            the request can never succeed as it stands
│   ├── InvalidInput       something given is wrong; says which field
│   ├── NotSignedIn        no valid credential
│   ├── NotAllowed         a valid credential, without the right
│   ├── NotFound           no such object, or none this person may know of
│   ├── Conflict           the state moved on (`contact_gone`, `contact_taken`, `cid_reused` …)
│   └── TooMuch            a limit was reached; `retry_after` seconds
├── Unavailable        an engine or a partner did not answer; safe to retry
│   └── OutcomeUnknown     it may or may not have happened: read back before a retry
└── Misconfigured      the service cannot start; one line per mistake

Every error carries a stable `code`, whether it is `retryable`, and a message
for the operator that never holds personal data. Foreign errors are translated
once, at the border, by type or SQLSTATE, never by their text.
"""

from collections.abc import Sequence


class CentreError(Exception):
    """The root: a stable `code`, and whether the same request may succeed later."""

    code = "internal_error"
    retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Store what the edge needs; `message` and `field` must hold no personal data."""
        super().__init__(message or code or self.code)
        if code is not None:
            self.code = code
        self.field = field
        self.retry_after = retry_after


class Refused(CentreError):
    """The request can never succeed as it stands."""

    code = "refused"


class InvalidInput(Refused):
    """Something given is wrong; `field` says which."""

    code = "invalid_input"


class NotSignedIn(Refused):
    """No valid credential came with the request."""

    code = "not_signed_in"


class NotAllowed(Refused):
    """The person is known but has no right to this."""

    code = "not_allowed"


class NotFound(Refused):
    """No such object, or none this person may know of."""

    code = "not_found"


class Conflict(Refused):
    """The state moved on; the code says how."""

    code = "conflict"


class TooMuch(Refused):
    """A limit was reached; the same request may succeed after `retry_after` seconds."""

    code = "too_much"
    retryable = True


class Unavailable(CentreError):
    """An engine or a partner did not answer in time; nothing happened, a retry is safe."""

    code = "unavailable"
    retryable = True


class OutcomeUnknown(Unavailable):
    """The act may have happened: read back what was done before trying again."""

    code = "outcome_unknown"


class Misconfigured(CentreError):
    """The service refuses to start; `mistakes` has one line each, file and key first."""

    code = "misconfigured"

    def __init__(self, mistakes: Sequence[str]) -> None:
        """Keep every mistake: people mend a configuration in one go, not one by one."""
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)
