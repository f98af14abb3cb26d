"""The page that the web floor itself brings for staff: what goes out, in figures."""

from collections.abc import Mapping
from typing import Final

from govline.core import Transaction
from govline.core.pages import Block, DataTable, Notice, Page, PageRequest, Paragraph, View
from govline.core.texts import Texts
from govline.store import outbox

__all__ = ["outbox_page"]

_ATTENTION: Final = frozenset({"dead", "unknown"})


def outbox_page(texts: Texts) -> Page:
    """`web/outbox`: counts by kind and state, without a recipient; staff see at a glance whether something waits for them."""

    def show(tx: Transaction, request: PageRequest) -> View:
        def words(key: str, **values: object) -> str:
            return texts.get(key, request.locale, **values)

        counts = outbox.counts(tx)
        title = words("web.outbox")
        rows = [
            (
                _word(texts, f"web.queue.{queue}", request.locale),
                _word(texts, f"web.state.{state}", request.locale),
                count,
            )
            for queue, state, count in _rows(counts)
        ]
        if not rows:
            return View(title, [Paragraph(words("web.outbox_empty"))])
        columns = [words(f"web.outbox_{name}") for name in ("kind", "state", "count")]
        blocks: list[Block] = [DataTable(words("web.outbox_caption"), columns, rows)]
        waiting = sum(states.get(state, 0) for states in counts.values() for state in _ATTENTION)
        if waiting:
            blocks.insert(0, Notice(words("web.outbox_attention", count=waiting), "warning"))
        return View(title, blocks)

    return Page("outbox", texts.get("web.outbox"), show, audience="staff")


def _word(texts: Texts, key: str, locale: str) -> str:
    """The words for a queue or state; a vendor's own queue is shown by its name."""
    return texts.get(key, locale) if key in texts.defaults else key.rpartition(".")[2]


def _rows(counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, str]]:
    return [
        (queue, state, str(count))
        for queue, states in sorted(counts.items())
        for state, count in sorted(states.items())
        if count
    ]
