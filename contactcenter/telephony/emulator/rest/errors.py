"""Refusals of the REST interface, as Twilio words them."""


class WireError(Exception):
    """A request is refused: HTTP `status`, Twilio's `code` and `message`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Hold the three things of which Twilio's error answer is made."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, object]:
        """Return the JSON object that Twilio answers."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found(path: str) -> WireError:
    """Return 404/20404: no such object, or one that is over."""
    return WireError(404, 20404, f"The requested resource {path} was not found")


def not_in_progress() -> WireError:
    """Return 400/21220: the call has ended, or has not been answered yet."""
    return WireError(400, 21220, "Call is not in-progress. Cannot redirect.")


def invalid(field: str) -> WireError:
    """Return 400/20001: a field is missing, unknown to this emulator, or has a wrong value."""
    return WireError(400, 20001, f"Invalid parameter: {field}")


def unauthenticated() -> WireError:
    """Return 401/20003."""
    return WireError(401, 20003, "Authenticate")
