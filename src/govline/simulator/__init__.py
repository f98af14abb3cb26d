"""A LINE that runs on loopback, with a chat page: for talks, tests and demonstrations without LINE itself.

Extra `govline[simulator]`. `SimulatorClient` needs no extra; `serve`, `create_app` and `Simulator` do.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from govline.errors import MissingExtra

if TYPE_CHECKING:
    from govline.simulator.client import CitizenHandle, SimulatorClient, SimulatorRefused
    from govline.simulator.clock import ShiftableClock
    from govline.simulator.faults import Fault, FaultKind
    from govline.simulator.limits import Limits, Rate
    from govline.simulator.model import ChannelSettings, Citizen
    from govline.simulator.server import Simulator, create_app, serve
    from govline.simulator.world import LineWorld

__all__ = [
    "ChannelSettings",
    "Citizen",
    "CitizenHandle",
    "Fault",
    "FaultKind",
    "Limits",
    "LineWorld",
    "Rate",
    "ShiftableClock",
    "Simulator",
    "SimulatorClient",
    "SimulatorRefused",
    "create_app",
    "serve",
]

_HOME = {
    "ChannelSettings": "model",
    "Citizen": "model",
    "CitizenHandle": "client",
    "Fault": "faults",
    "FaultKind": "faults",
    "Limits": "limits",
    "LineWorld": "world",
    "Rate": "limits",
    "ShiftableClock": "clock",
    "Simulator": "server",
    "SimulatorClient": "client",
    "SimulatorRefused": "client",
    "create_app": "server",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        try:
            return getattr(import_module(f"govline.simulator.{_HOME[name]}"), name)
        except ModuleNotFoundError as cause:
            if cause.name in ("starlette", "uvicorn", "jinja2"):
                raise MissingExtra(cause.name, "simulator") from cause
            raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
