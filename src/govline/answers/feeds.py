"""Feeds as answers (bus, snow ploughs): fetched outside any transaction, kept in a table, said with the time that they are of."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from govline.answers import _queries as q
from govline.answers.feed_shapes import Shape, feed_lines
from govline.answers.fetching import fetch, read_file
from govline.answers.model import Item
from govline.core import Done, Effect, EffectContext, Fate, Json, Ref, Schedule, Transaction, frozen_tuple
from govline.core.jst import to_jst
from govline.errors import FileError

__all__ = ["TOPIC", "Board", "Feed", "FeedHandler", "Feeds"]

TOPIC: Final = "answers.feed"


@frozen
class Feed:
    """A source of short news that citizens ask for.

    Args:
        name: What citizens ask for. `aliases`: other words for it.
        source: An address, or a file of the town's folder that staff replace.
        shape: How it is written; see `feed_shapes.Shape`.
        lines: At most so many are said. `every`: how often it is fetched. `stale`: from which age on it is said to be old.
        link: A page for more.
    """

    name: str
    source: str | Path
    shape: Shape = field(factory=Shape)
    aliases: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    lines: int = 5
    every: timedelta = timedelta(minutes=10)
    stale: timedelta = timedelta(hours=1)
    link: str = ""

    @property
    def item(self) -> Item:
        """As the search finds it."""
        return Item(self.name, aliases=self.aliases, kind="feed", link=self.link)


@frozen
class Board:
    """What is known of a feed.

    Args:
        lines: The newest first. `as_of`: when they were so; None where they never were fetched.
        problem: Why the last attempt failed; "" where it did not.
        stale: Whether they are too old to be relied on.
    """

    lines: tuple[str, ...] = field(default=(), converter=frozen_tuple)
    as_of: datetime | None = None
    problem: str = ""
    stale: bool = True


class Feeds:
    """The feeds of a town."""

    def __init__(self, feeds: Sequence[Feed] = ()) -> None:
        self._feeds = {feed.name: feed for feed in feeds}

    @property
    def items(self) -> list[Item]:
        """What the search lists."""
        return [feed.item for feed in self._feeds.values()]

    def get(self, name: str) -> Feed | None:
        """The feed of this name."""
        return self._feeds.get(name)

    def begin(self, tx: Transaction) -> None:
        """See that every feed is fetched soon, and from then on; safe to repeat."""
        for feed in self._feeds.values():
            self.plan(tx, feed, tx.now)

    def plan(self, tx: Transaction, feed: Feed, due: datetime) -> None:
        """Fetch a feed at `due`."""
        effect = Effect(TOPIC, {"feed": feed.name}, dedupe=f"{feed.name}:{due.astimezone(UTC).isoformat()}")
        tx.schedule(Schedule(f"{TOPIC}:{feed.name}", due, Ref("answers.feed", feed.name), effect))

    def board(self, tx: Transaction, name: str) -> Board:
        """What is known of a feed now; an empty board where nothing is."""
        row = tx.one(q.FEED, {"name": name})
        feed = self._feeds.get(name)
        if row is None or feed is None:
            return Board()
        lines, as_of, problem = row
        return Board(lines, as_of, problem, stale=as_of is None or tx.now - as_of > feed.stale)

    def problems(self, tx: Transaction) -> list[str]:
        """Sentences for `govline doctor`: feeds that failed, or are old."""
        found: list[str] = []
        for name in self._feeds:
            board = self.board(tx, name)
            when = f"{to_jst(board.as_of):%Y-%m-%d %H:%M}" if board.as_of else "未取得"
            if board.problem or board.stale:
                found.append(
                    f"「{name}」が新しくありません({when}): {board.problem or 'worker は動いていますか'}"
                )
        return found


class FeedHandler:
    """Fetches one feed, writes what came, and plans the next time whatever came."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds

    def run(self, payload: Mapping[str, Json], context: EffectContext) -> Fate:
        """Fetch and read it; a failure is a note, for the next time comes anyway."""
        feed = self._feeds.get(str(payload["feed"]))
        if feed is None:
            return Done()
        try:
            data, as_of = (
                read_file(feed.source) if isinstance(feed.source, Path) else (fetch(feed.source), context.now)
            )
            lines = feed_lines(data, feed.shape, feed.lines)
        except FileError as error:
            return Done({"problem": str(error)})
        return Done({"lines": list(lines), "as_of": as_of.isoformat()})

    def record(self, tx: Transaction, payload: Mapping[str, Json], fate: Fate) -> None:
        """Write the lines, or why there are none; what stood before stays where nothing new came."""
        feed = self._feeds.get(str(payload["feed"]))
        if feed is None:
            return
        note: Mapping[str, Any] = (
            fate.note if isinstance(fate, Done) else {"problem": "the effect was given up"}
        )
        board = self._feeds.board(tx, feed.name)
        if "problem" in note:
            board = evolve(board, problem=note["problem"])
        else:
            board = Board(note["lines"], datetime.fromisoformat(note["as_of"]))
        row = {"name": feed.name, "lines": list(board.lines), "as_of": board.as_of, "problem": board.problem}
        tx.write(q.SAVE_FEED, row)
        self._feeds.plan(tx, feed, tx.now + feed.every)
