"""A Python client of the control API: citizens that talk, for tests and headless demonstrations."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote

import urllib3
from attrs import frozen

from govline.core import Json
from govline.errors import GovlineError

__all__ = ["CitizenHandle", "SimulatorClient", "SimulatorRefused"]

_POLL = 0.02


class SimulatorRefused(GovlineError):
    """The simulator refused a request of its control API."""

    code = "GL-8410"


class SimulatorClient:
    """Talks to a running simulator.

    Args:
        base_url: What `serve` yields.
        timeout: Seconds for one request.
        channel: Channel id, where the simulator has several; the first one where omitted.
    """

    def __init__(self, base_url: str, *, timeout: float = 30.0, channel: str | None = None) -> None:
        self._channel = f"channel={quote(channel)}" if channel else ""
        self.base_url = base_url.rstrip("/")
        self._http = urllib3.PoolManager(maxsize=4, timeout=timeout, retries=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def request(
        self, method: str, path: str, body: Json = None, *, raw: bytes | None = None, media_type: str = ""
    ) -> Any:
        """One request of the control API, e.g. `request("GET", "/report")`.

        Raises:
            SimulatorRefused: It answered with an error.
        """
        if self._channel:
            path += ("&" if "?" in path else "?") + self._channel
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        answer = self._http.request(
            method,
            f"{self.base_url}/sim{path}",
            body=data,
            headers={"content-type": media_type or "application/json"},
        )
        value = json.loads(answer.data) if answer.data[:1] in (b"{", b"[") else {}
        if answer.status >= 300:
            error = value.get("error", {})
            raise SimulatorRefused(
                error.get("message", f"status {answer.status}"),
                code=error.get("code"),
                hint=error.get("hint", ""),
            )
        return value

    def citizen(self, name: str, *, follow: bool = True) -> "CitizenHandle":
        """The citizen of this name, created (and made a friend of the town) when there is none yet."""
        for row in self.request("GET", f"/citizens?name={quote(name)}")["citizens"]:
            return CitizenHandle(self, row["userId"], name)
        made = self.request("POST", "/citizens", {"name": name, "follow": follow})
        return CitizenHandle(self, made["userId"], name)

    def citizens_in_bulk(self, count: int) -> list[str]:
        """Ids of new citizens, friends of the town without a follow event."""
        return list(self.request("POST", "/citizens/bulk", {"count": count})["userIds"])

    def fault(self, endpoint: str, kind: str, *, times: int | None = 1, **rest: Json) -> None:
        """Set a fault switch; see `govline.simulator.Fault`."""
        self.request("POST", "/faults", {"endpoint": endpoint, "kind": kind, "times": times, **rest})

    def clear_faults(self) -> None:
        """Take back all switches and end the waits they caused."""
        self.request("DELETE", "/faults")
        self.request("POST", "/faults/release")

    def advance(self, seconds: float) -> str:
        """Put the simulator's clock forward; answers the new time in ISO form."""
        return str(self.request("POST", "/clock", {"seconds": seconds})["now"])

    def violations(self) -> list[dict[str, Any]]:
        """What the town did that LINE forbids; empty in a good test."""
        return list(self.request("GET", "/violations")["violations"])

    def report(self) -> dict[str, Any]:
        """Messages per citizen: `{"per_citizen_counts": {"1": 5000}, "doubled": []}`."""
        return dict(self.request("GET", "/report"))

    def log(self) -> list[dict[str, Any]]:
        """The requests that the town made of LINE."""
        return list(self.request("GET", "/log")["log"])

    def webhooks(self, deed: str, **body: Json) -> Any:
        """`hold`, `release`, `redeliver`, `verify`, `unknown`, `broken`, `events`, `raw`; see control.py."""
        return self.request("POST", f"/webhooks/{deed}", body)["done"]

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until every webhook has been posted and answered; False when the time is over."""
        return bool(self.webhooks("idle", seconds=timeout))

    def reset(self) -> None:
        """Empty the simulated LINE."""
        self.request("POST", "/reset")


@frozen
class CitizenHandle:
    """One citizen's thumb and eyes. `after` of the reading methods is the `seq` of the last line already seen."""

    client: SimulatorClient
    user_id: str
    name: str

    def _do(self, gesture: str, **body: Json) -> Any:
        return self.client.request("POST", f"/citizens/{self.user_id}/{gesture}", body)

    def say(self, text: str) -> int:
        """Send a text; answers its `seq`."""
        return int(self._do("say", text=text)["seq"])

    def tap(self, label: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Tap what carries this label now: quick reply, button, column, Flex or rich menu.

        Args:
            params: Of a date picker: `{"date": "2026-12-01"}`, `{"time": …}` or `{"datetime": …}`.

        Raises:
            SimulatorRefused: GL-8408, nothing carries it; `hint` lists what does.
        """
        return dict(self._do("tap", label=label, params=dict(params) if params else None))

    def tap_action(
        self, action: Mapping[str, Json], params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Do an action object, wherever it came from."""
        return dict(self._do("tap", action=dict(action), params=dict(params) if params else None))

    def send_location(self, latitude: float, longitude: float, title: str = "", address: str = "") -> None:
        """Send a place."""
        self._do("location", latitude=latitude, longitude=longitude, title=title, address=address)

    def send_image(self, data: bytes, media_type: str = "image/png") -> None:
        """Send a picture."""
        path = f"/citizens/{self.user_id}/image"
        self.client.request("POST", path, raw=data, media_type=media_type)

    def send_sticker(self, package: str = "446", sticker: str = "1988") -> None:
        """Send a sticker."""
        self._do("sticker", packageId=package, stickerId=sticker)

    def follow(self) -> None:
        """Add the town as a friend, or unblock it."""
        self._do("follow")

    def block(self) -> None:
        """Block the town."""
        self._do("block")

    def unsend(self, message_id: str) -> None:
        """Take a message back."""
        self._do("unsend", messageId=message_id)

    def id_token(self, **claims: Json) -> str:
        """An ID token as LIFF hands it to a page; `alg="HS256"`, `nonce`, `lifetime`, or a wrong `aud` or `iss`."""
        return str(self._do("id-token", **claims)["idToken"])

    def open(self) -> None:
        """Open the talk: a new default rich menu shows."""
        self._do("open")

    def menu(self) -> dict[str, Any] | None:
        """The rich menu this citizen sees."""
        found = self.client.request("GET", f"/citizens/{self.user_id}/menu")["menu"]
        return dict(found) if found else None

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        """Every line of the talk behind `after`, both sides."""
        path = f"/citizens/{quote(self.user_id)}/messages?after={after}"
        return list(self.client.request("GET", path)["messages"])

    def messages(self, after: int = 0) -> list[dict[str, Any]]:
        """The town's lines behind `after`; each has `seq`, `via` and LINE's `message` object."""
        return [line for line in self.lines(after) if line["side"] == "town"]

    def last_seq(self) -> int:
        """The `seq` of the newest line; 0 in an empty talk."""
        lines = self.lines()
        return int(lines[-1]["seq"]) if lines else 0

    def wait_for_message(
        self,
        predicate: Callable[[dict[str, Any]], bool] = lambda _message: True,
        timeout: float = 10.0,
        *,
        after: int = 0,
    ) -> dict[str, Any]:
        """The town's first line behind `after` whose message object satisfies the predicate.

        Raises:
            TimeoutError: None came in `timeout` seconds.
        """
        until = time.monotonic() + timeout
        while True:
            for line in self.messages(after):
                if predicate(line["message"]):
                    return line
            if time.monotonic() > until:
                raise TimeoutError(f"no such message within {timeout} s")
            time.sleep(_POLL)
