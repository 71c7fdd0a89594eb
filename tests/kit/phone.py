"""An outside telephone without a browser: dials the line, presses keys, reads captions."""

from tests.kit.sockets import FrameSocket
from tests.kit.until import until


class Phone(FrameSocket):
    """`async with Phone(emulator_url) as phone: await phone.dial()`.

    Leaving the block closes the socket, which hangs up as a closed tab does.
    """

    def __init__(self, emulator_url: str) -> None:
        """Use the emulator at that address."""
        super().__init__(f"{emulator_url.rstrip('/')}/phone")

    async def dial(self, from_: str = "+33639980001", *, withheld: bool = False) -> str:
        """Call the line and return the call's sid once the network has taken it."""
        known = len(self.of("call"))
        await self.send({"type": "dial", "from": from_, "withheld": withheld})
        await until(lambda: len(self.of("call")) > known)
        return self.call_sid

    async def press(self, keys: str) -> None:
        """Press keys, one after the other; each is lost unless a `<Gather>` listens."""
        for key in keys:
            await self.send({"type": "press", "key": key})

    async def press_when_asked(self, keys: str, seconds: float = 5.0) -> None:
        """Press keys once the line listens for them."""
        await until(lambda: self.listens_for_keys, seconds, saying="keys are listened for")
        await self.press(keys)

    async def hang_up(self) -> None:
        """Hang up and wait until the network has ended the call."""
        await self.send({"type": "hang_up"})
        await self.until_status("completed", "canceled", "failed", "busy", "no-answer")

    async def until_status(self, *statuses: str, seconds: float = 5.0) -> str:
        """Wait until the call has one of these statuses and return it."""
        await until(lambda: self.status in statuses, seconds, saying=f"status in {statuses}")
        return self.status

    async def until_caption(self, words: str, seconds: float = 5.0) -> str:
        """Wait until something with these words has been said and return all of it."""
        return await until(
            lambda: next((text for text in self.captions if words in text), ""),
            seconds,
            saying=f"a caption with {words!r}",
        )

    async def until_talking(self, seconds: float = 5.0) -> None:
        """Wait until somebody else is in the conference with this telephone."""
        await until(lambda: self.sound == "talking", seconds, saying="talking")

    @property
    def call_sid(self) -> str:
        """The sid of the last call dialled; empty before the first."""
        calls = self.of("call")
        return str(calls[-1]["call"]) if calls else ""

    @property
    def status(self) -> str:
        """The status of the last call; empty before the first."""
        calls = self.of("call")
        return str(calls[-1]["status"]) if calls else ""

    @property
    def captions(self) -> list[str]:
        """Everything said so far, oldest first."""
        return [str(frame["text"]) for frame in self.of("say")]

    @property
    def listens_for_keys(self) -> bool:
        """Whether the line listens for keys now."""
        keys = self.of("keys")
        return bool(keys) and keys[-1]["open"] is True

    @property
    def sound(self) -> str:
        """What the last conference frame said: waiting, talking, held; empty without one."""
        frames = self.of("conference")
        return str(frames[-1]["sound"]) if frames else ""
