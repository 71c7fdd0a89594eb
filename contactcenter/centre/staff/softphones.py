"""The listener's telephone in the browser: which one, and a short-lived credential for it."""

from config.errors import Unavailable
from contactcenter.centre.views import SoftphoneTokenView, SoftphoneView
from contactcenter.telephony.twilio_adapter import TOKEN_SECONDS, TwilioTelephony
from records.actor import Principal


class Softphones:
    """Softphones of one service: the emulator's in the demo, the carrier's in production."""

    def __init__(self, telephony: TwilioTelephony | None, emulator_url: str) -> None:
        """Serve the emulator's telephone when there is an `emulator_url`."""
        self._telephony = telephony
        self._emulator_url = emulator_url

    def view(self, principal: Principal) -> SoftphoneView:
        """Return which telephone to start; both fields None without telephony."""
        if self._telephony is None or principal.profile_id is None:
            return SoftphoneView()
        if self._emulator_url:
            return SoftphoneView(kind="emulator", url=self._emulator_url)
        return SoftphoneView(kind="twilio", url=None)

    async def token(self, principal: Principal) -> SoftphoneTokenView:
        """Return a credential for one session; Unavailable `no_softphone` without telephony."""
        view = self.view(principal)
        if self._telephony is None or view.kind is None:
            raise Unavailable("this service has no telephony", code="no_softphone")
        identity = identity_of(principal.session_id.hex)
        return SoftphoneTokenView(
            token=self._telephony.softphone_token(identity),
            expires_in=TOKEN_SECONDS,
            identity=identity,
            kind=view.kind,
            url=view.url or "",
        )


def identity_of(session: str) -> str:
    """Return the client identity of a session: one each, since a shared one rings every tab."""
    return f"s_{session}"
