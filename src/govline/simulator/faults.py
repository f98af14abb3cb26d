"""Switches for what goes wrong: counted ("the next three pushes") or by chance from a seed."""

import random
import threading
from typing import Any, Final, Literal, get_args

from attrs import evolve, field, frozen

from govline.errors import InputError
from govline.simulator.model import Answer, refused

__all__ = ["FAULT_KINDS", "Fault", "FaultDesk", "FaultKind", "refusal"]

FaultKind = Literal[
    "500",
    "500_after",
    "slow",
    "timeout_after",
    "409",
    "429_rate",
    "429_audience",
    "429_quota",
    "cut",
    "cut_after",
]
FAULT_KINDS: Final[frozenset[str]] = frozenset(get_args(FaultKind))
_REFUSALS: Final = {
    "500": (500, "Internal server error"),
    "500_after": (500, "Internal server error"),
    "429_rate": (429, "The API rate limit has been exceeded. Try again later."),
    "429_audience": (429, "Too many concurrent requests to the same audience. Try again later."),
    "429_quota": (429, "You have reached your monthly limit."),
}


@frozen
class Fault:
    """One switch.

    Args:
        endpoint: Name of an endpoint as in the request log (`push`, `multicast`, …), or `*` for any.
        kind: `…_after` kinds come after LINE has accepted the request. `slow` answers late but rightly,
            `timeout_after` accepts and then never answers, `cut` drops the connection.
        times: How many requests it hits; None for every one until it is cleared.
        probability: Chance for each request, from the desk's seed.
        seconds: Longest wait of `slow` and `timeout_after`; a release ends it earlier.
    """

    endpoint: str
    kind: FaultKind
    times: int | None = 1
    probability: float = field(default=1.0)
    seconds: float = 30.0

    def to_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {
            "endpoint": self.endpoint,
            "kind": self.kind,
            "times": self.times,
            "probability": self.probability,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Fault":
        """Read one from the control API.

        Raises:
            InputError: GL-8402, an unknown kind or a value of the wrong type.
        """
        times, chance, seconds = raw.get("times", 1), raw.get("probability", 1.0), raw.get("seconds", 30.0)
        fine = (
            isinstance(raw.get("kind"), str)
            and raw["kind"] in FAULT_KINDS
            and isinstance(raw.get("endpoint", "*"), str)
            and (times is None or (isinstance(times, int) and times > 0))
            and isinstance(chance, int | float)
            and isinstance(seconds, int | float)
        )
        if not fine:
            raise InputError(
                "not a fault", code="GL-8402", hint=f"kind is one of {', '.join(sorted(FAULT_KINDS))}"
            )
        return cls(raw.get("endpoint", "*"), raw["kind"], times, float(chance), float(seconds))


def refusal(fault: Fault, accepted_request_id: str) -> Answer | None:
    """The plain error that a fault answers with, or None when it is about time or the connection."""
    if fault.kind == "409":
        answer = refused(409, "The retry key is already accepted")
        return evolve(answer, headers={"x-line-accepted-request-id": accepted_request_id})
    found = _REFUSALS.get(fault.kind)
    return refused(*found) if found else None


class FaultDesk:
    """Holds the switches and says which one hits the next request."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, endpoint: str) -> Fault | None:
        """The first switch that fits, counted down."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.endpoint not in (endpoint, "*"):
                    continue
                if fault.probability < 1 and self._chance.random() >= fault.probability:
                    continue
                if fault.times is not None:
                    left = [evolve(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._faults[index : index + 1] = left
                return fault
        return None
