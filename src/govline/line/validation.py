"""LINE's free dry run of a message list, as the port `validator` that delivery asks before approval."""

from collections.abc import Callable, Sequence
from typing import cast

from govline.core import Json, Reason
from govline.errors import LineError
from govline.line.messenger import MessageCall, Messenger

__all__ = ["LineValidator"]


class LineValidator:
    """Asks `/v2/bot/message/validate/{reply,push,multicast,narrowcast,broadcast}`; counts nothing and sends nothing.

    Args:
        messenger: Called when somebody asks, so that a town that never does loads no SDK.
    """

    def __init__(self, messenger: Callable[[], Messenger]) -> None:
        self._messenger = messenger

    def validate(self, call: str, messages: Sequence[Json]) -> tuple[Reason, ...]:
        """What LINE finds wrong, all of it at once; nothing when it would take the messages.

        Args:
            call: `reply`, `push`, `multicast`, `narrowcast` or `broadcast`.

        Raises:
            LineError: LINE could not be asked: no answer, no right to, too busy.
        """
        answer = self._messenger().validate(cast("MessageCall", call), messages)
        if answer.ok:
            return ()
        if answer.status != 400:
            raise LineError(
                f"LINE did not check the messages: {answer.status or 'no answer'} {answer.message}".strip(),
                hint="ask again later; govline doctor --line tells whether token and network are well",
                place={"status": answer.status, "request_id": answer.request_id},
            )
        first, *details = answer.message.split("; ")
        return tuple(Reason("GL-8025", text) for text in details or [first])
