"""The whole of the simulated LINE: citizens, channels, the request log and what broke the rules."""

import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from attrs import evolve

from govline.core import Clock, Json, to_micros
from govline.errors import InputError
from govline.simulator.channel import Channel
from govline.simulator.clock import ShiftableClock
from govline.simulator.faults import FaultDesk
from govline.simulator.identity import IdTokens
from govline.simulator.limits import Limits
from govline.simulator.mint import Mint
from govline.simulator.model import Answer, ChannelSettings, Citizen, Content, Entry
from govline.simulator.rates import RateDesk
from govline.simulator.sending import send
from govline.simulator.shapes import loopback
from govline.simulator.validation import RequestRules

__all__ = ["LineWorld"]


class LineWorld:
    """Thread-safe; knows nothing of HTTP.

    Args:
        clock: Shared with the town, so that both put forward together. The machine's, shiftable, where omitted.
        limits: LINE's limits, for the few that a test moves.
        mint: Source of ids; seeded for repeatable runs.
        seed: Of the faults that come by chance.
        channels: At least one; the first is the one the chat page shows at first.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        limits: Limits | None = None,
        mint: Mint | None = None,
        seed: int = 0,
        channels: Iterable[ChannelSettings] = (ChannelSettings(),),
    ) -> None:
        self.clock: Clock = clock or ShiftableClock()
        self.limits = limits or Limits()
        self.mint = mint or Mint()
        self.lock = threading.RLock()
        self.rules = RequestRules(self.limits)
        self.rates = RateDesk(self.clock, self.limits.rates)
        self.faults = FaultDesk(seed)
        self.id_tokens = IdTokens(self.clock)
        self.assets: dict[str, Content] = {}
        self._settings = tuple(channels)
        self.reset()

    def reset(self) -> None:
        """Forget everything but the channels and their webhook addresses."""
        with self.lock:
            addresses = {
                each.settings.channel_id: each.webhook_url for each in getattr(self, "channels", {}).values()
            }
            self.citizens: dict[str, Citizen] = {}
            self.log: deque[dict[str, Any]] = deque(maxlen=5000)
            self.violations: list[dict[str, Any]] = []
            self.channels: dict[str, Channel] = {}
            for settings in self._settings:
                channel = Channel(settings, self.clock, self.mint, self.limits)
                channel.webhook_url = addresses.get(settings.channel_id)
                self.channels[settings.channel_id] = channel
            self.faults.clear()
            self.rates.reset()

    def channel(self, channel_id: str | None = None) -> Channel:
        """A channel by id; the first one where omitted.

        Raises:
            InputError: GL-8403, no such channel.
        """
        with self.lock:
            if channel_id is None:
                return next(iter(self.channels.values()))
            if channel_id not in self.channels:
                raise InputError("no such channel", code="GL-8403")
            return self.channels[channel_id]

    def channel_of_token(self, token: str) -> Channel | None:
        """The channel that a bearer token opens: its long-lived one, or one issued by the token endpoints."""
        with self.lock:
            now = self.clock.now()
            for channel in self.channels.values():
                if token == channel.settings.token or channel.tokens.get(token, now) > now:
                    return channel
        return None

    def channel_of_login(self, token: str) -> Channel | None:
        """The channel whose LINE Login channel a bearer token opens: for LIFF apps only."""
        with self.lock:
            return next((each for each in self.channels.values() if each.settings.login_token == token), None)

    def set_webhook(self, url: str, channel_id: str | None = None) -> None:
        """Where a channel's events go.

        Raises:
            InputError: GL-8405, the address leads off this machine.
        """
        if not loopback(url):
            raise InputError("the simulator posts to this machine only", code="GL-8405", hint="use 127.0.0.1")
        with self.lock:
            self.channel(channel_id).webhook_url = url

    def add_citizen(self, name: str, *, language: str = "ja") -> Citizen:
        """A new person with a LINE account, nobody's friend yet."""
        citizen = Citizen(self.mint.user_id(), name, language)
        with self.lock:
            self.citizens[citizen.user_id] = citizen
        return citizen

    def rename(self, user_id: str, name: str) -> Citizen:
        """Change a person's display name."""
        with self.lock:
            self.citizens[user_id] = evolve(self.citizen(user_id), name=name)
            return self.citizens[user_id]

    def citizen(self, user_id: str) -> Citizen:
        """A citizen by user id.

        Raises:
            InputError: GL-8404, nobody has this id.
        """
        with self.lock:
            if user_id not in self.citizens:
                raise InputError("no such citizen", code="GL-8404")
            return self.citizens[user_id]

    def befriend_many(self, count: int, channel_id: str | None = None) -> list[str]:
        """Citizens in bulk, friends at once and without a webhook: for deliveries to thousands."""
        with self.lock:
            channel = self.channel(channel_id)
            start = len(self.citizens)
            ids = [self.add_citizen(f"住民{start + index + 1:05d}").user_id for index in range(count)]
            for user in ids:
                channel.befriend(user)
            return ids

    def send(
        self, channel: Channel, kind: str, body: Json, *, retry_key: str | None, request_id: str
    ) -> Answer:
        """Take a message request; see `sending.send`."""
        return send(self, channel, kind, body, retry_key=retry_key, request_id=request_id)

    def talk(self, user_id: str, after: int = 0, channel_id: str | None = None) -> list[Entry]:
        """A citizen's talk from behind a sequence number."""
        with self.lock:
            return self.channel(channel_id).talks.get(user_id, [])[max(0, after) :]

    def violate(self, kind: str, **facts: Json) -> None:
        """Note that the town did what LINE forbids; tests assert that nothing was noted."""
        with self.lock:
            self.violations.append({"kind": kind, "at": to_micros(self.clock.now()), **facts})

    def noted(self) -> list[dict[str, Any]]:
        """The violations so far."""
        with self.lock:
            return list(self.violations)

    def record(self, **facts: Json) -> None:
        """Add a line to the request log."""
        with self.lock:
            self.log.append({"at": self.clock.now().isoformat(), **facts})

    def report(self, channel_id: str | None = None) -> dict[str, Any]:
        """How many messages of the town each citizen has: the proof of "exactly one" in delivery tests."""
        with self.lock:
            channel = self.channel(channel_id)
            counts: dict[str, int] = {}
            doubled: list[str] = []
            for user in self.citizens:
                got = sum(entry.side == "town" for entry in channel.talks.get(user, ()))
                counts[str(got)] = counts.get(str(got), 0) + 1
                if got > 1:
                    doubled.append(user)
            return {"per_citizen_counts": counts, "doubled": doubled, "citizens": len(self.citizens)}
