"""The stage on which talks are played: the simulator over loopback HTTP, and the town's own database to see when it is done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from govline.core import Instant
from govline.errors import DefinitionError

if TYPE_CHECKING:
    from govline.city import City
    from govline.simulator import CitizenHandle, SimulatorClient

__all__ = ["MovableClock", "SimulatorStage"]

# the smallest PNG: one transparent pixel
_PIXEL: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6300010000000500010d0a2db40000"
    "000049454e44ae426082"
)


class MovableClock(Protocol):
    """A clock that a talk may set."""

    def now(self) -> Instant:
        """The present instant."""
        ...

    def set(self, now: Instant) -> None:
        """Put the clock to another instant."""
        ...


class SimulatorStage:
    """Plays citizens through the simulator's control API.

    Args:
        client: Of the running simulator whose webhooks reach the town.
        city: The town, for staff acts (`$ feature command …`).
        clock: Shared by the simulator and the town.
        settle: Returns when the town has nothing left to do; the city's own `settle` where omitted.
    """

    def __init__(
        self,
        client: "SimulatorClient",
        city: "City",
        clock: MovableClock,
        settle: Callable[[], object] | None = None,
    ) -> None:
        self._client = client
        self._city = city
        self._clock = clock
        self._settle = settle or city.settle
        self._moved = False
        self._citizens: dict[str, CitizenHandle] = {}

    def _handle(self, citizen: str, *, follow: bool = True) -> "CitizenHandle":
        if citizen not in self._citizens:
            self._citizens[citizen] = self._client.citizen(citizen, follow=follow)
        return self._citizens[citizen]

    def say(self, citizen: str, text: str) -> None:
        """The citizen sends this text."""
        self._handle(citizen).say(text)

    def tap(self, citizen: str, label: str) -> None:
        """The citizen taps what carries this label."""
        self._handle(citizen).tap(label)

    def do(self, citizen: str, act: str, arguments: Sequence[str]) -> None:
        """`follow`, `block`, `location LAT LON`, `image`, `date LABEL 2026-12-01`."""
        someone = self._handle(citizen, follow=act != "follow")
        try:
            self._act(someone, act, arguments)
        except ValueError:  # 北緯35度 is no number
            raise _cannot(" ".join([act, *arguments])) from None

    def _act(self, someone: "CitizenHandle", act: str, arguments: Sequence[str]) -> None:
        match [act, *arguments]:
            case ["follow"]:
                someone.follow()
            case ["block"]:
                someone.block()
            case ["location", latitude, longitude]:
                someone.send_location(float(latitude), float(longitude))
            case ["image"]:
                someone.send_image(_PIXEL)
            case ["date", label, day]:
                someone.tap(label, {"date": day})
            case _:
                raise _cannot(act)

    def messages(self, citizen: str) -> Sequence[Mapping[str, Any]]:
        """Every message that the citizen has got so far."""
        handle = self._citizens.get(citizen)
        return [line["message"] for line in handle.messages()] if handle else []

    def move_clock(self, to: datetime) -> None:
        """Put the shared clock forward; a talk never goes back in time."""
        if self._moved and to < self._clock.now():
            raise DefinitionError(
                "the clock of a talk only goes forward", code="GL-4906", hint="order the scenes by time"
            )
        self._moved = True
        self._clock.set(to)

    def staff(self, act: str, arguments: Sequence[str]) -> None:
        """Run a feature's command, as `govline <feature> <command> …` does."""
        command = self._city.commands.get(act, {}).get(arguments[0] if arguments else "")
        if command is None:
            known = [
                f"{feature} {name}" for feature, commands in self._city.commands.items() for name in commands
            ]
            raise DefinitionError(
                f"no such staff act: {act}", code="GL-4904", hint=f"known: {', '.join(known)}"
            )
        try:
            status = command.run(self._city, arguments[1:])
        except SystemExit as wrong_words:  # argparse has said on stderr what it wants
            status = wrong_words.code if isinstance(wrong_words.code, int) else 1
        if status:
            raise DefinitionError(f"the staff act ended with {status}", code="GL-4905", place={"act": act})

    def settle(self) -> None:
        """Wait until the simulator has posted and the town has answered everything."""
        self._client.settle()
        self._settle()


def _cannot(act: str) -> DefinitionError:
    return DefinitionError(
        f"a citizen cannot do this: {act}",
        code="GL-4903",
        hint="follow, block, location LAT LON, image, date LABEL YYYY-MM-DD",
    )
