"""Who answers a citizen: responders asked in the order of their rank, inside the event's unit of work."""

from collections.abc import Iterable, Sequence
from typing import Final, get_args

from govline.core import Input, Message, Rank, Responder, TalkContext, Transaction

__all__ = ["RANKS", "Router"]

RANKS: Final[tuple[Rank, ...]] = get_args(Rank)


class Router:
    """Asks responders by rank, within a rank in the order in which they were offered; the first answer counts."""

    def __init__(self, responders: Iterable[Responder]) -> None:
        self.responders = tuple(sorted(responders, key=lambda responder: RANKS.index(responder.rank)))

    def answer(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """What to say, which may be nothing; None when nobody has an answer."""
        for responder in self.responders:
            messages = responder.respond(tx, context, said)
            if messages is not None:
                return messages
        return None
