"""Pages as values: what a feature shows and asks on the web, without HTML, requests or cookies.

A feature offers `Page`s; the web floor draws them as accessible HTML, signs the visitor in, keeps drafts, and takes every
submission once. Because a feature hands over words and never markup, nothing that it shows can become a script.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from attrs import field, frozen

from govline.core.ids import CitizenId
from govline.core.values import Actor, DataClass, Json, Reason, frozen_map, frozen_tuple
from govline.errors import InputError

if TYPE_CHECKING:
    from govline.core.transaction import Transaction

__all__ = [
    "PICTURES",
    "Attachment",
    "Audience",
    "Block",
    "Cell",
    "DataTable",
    "Download",
    "Facts",
    "FieldKind",
    "Grid",
    "Heading",
    "Link",
    "LinkList",
    "Notice",
    "Page",
    "PageField",
    "PageRequest",
    "PagesPort",
    "Paragraph",
    "Submitted",
    "Tone",
    "View",
]

Audience = Literal["citizen", "staff"]
Tone = Literal["", "good", "some", "none"]
FieldKind = Literal["text", "lines", "integer", "date", "choice", "choices", "flag", "file"]
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
PICTURES: Final = ("image/jpeg", "image/png")


@frozen
class Paragraph:
    """A paragraph; line breaks stay."""

    text: str


@frozen
class Heading:
    """A heading below the page's own."""

    text: str


@frozen
class Notice:
    """Words that stand out: `info`, `done` or `warning`. The kind is also said in words, never by colour alone."""

    text: str
    kind: Literal["info", "done", "warning"] = "info"


@frozen
class Facts:
    """Terms and their values, in order: `{"受付番号": "A-12"}`."""

    rows: Mapping[str, str] = field(converter=frozen_map, hash=False)


@frozen
class DataTable:
    """A table with a caption and a header for every column; every cell is text."""

    caption: str
    columns: Sequence[str] = field(converter=frozen_tuple)
    rows: Sequence[Sequence[str]] = field(converter=frozen_tuple)


@frozen
class Link:
    """A way to another page of the town (`page`, with `query`), or out of it (`url`, https or tel).

    Args:
        page: `feature/path`.
        query: Never personal data: addresses stand in logs and histories.
    """

    label: str
    page: str = ""
    query: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    url: str = ""


@frozen
class LinkList:
    """Several ways on, one below the other."""

    links: Sequence[Link] = field(converter=frozen_tuple)


@frozen
class Cell:
    """A cell of a `Grid`: words, perhaps a way on.

    Args:
        text: What it says; a symbol may stand beside the word, never in its place.
        lead: Stands above it, small and plain: the day of a month.
        link: Where it leads; its label is what a screen reader says, and the cell's text stands to be seen.
        tone: How it is marked beside its words: `good`, `some`, `none`, or "" for no mark.
        head: Whether it heads its row.
    """

    text: str = ""
    lead: str = ""
    link: Link | None = None
    tone: Tone = ""
    head: bool = False


@frozen
class Grid:
    """A table whose cells lead on: the days of a month, the rooms of a day.

    Args:
        columns: One header a column. `even`: all columns have one width, as of a week.
    """

    caption: str
    columns: Sequence[str] = field(converter=frozen_tuple)
    rows: Sequence[Sequence[Cell]] = field(converter=frozen_tuple)
    even: bool = False


Block = Paragraph | Heading | Notice | Facts | DataTable | LinkList | Grid


def _name(_field: "PageField", _attribute: object, value: str) -> None:
    if not _NAME.fullmatch(value):
        raise InputError("a field's name is ASCII letters, digits and _", hint="such as birth_date")


@frozen
class PageField:
    """One question of a form.

    Args:
        name: Key of the value; ASCII letters, digits and `_`, up to 60, a letter first.
        kind: `text` one line, `lines` several, `integer`, `date`, `choice` one of `choices`, `choices` any of them,
            `flag` yes or no, `file` an upload.
        value: What it holds before the visitor changes it.
        least: Shortest text, smallest number. `most`: longest text (characters), largest number, bytes of a file.
        autocomplete: The HTML token for what the browser may fill in (`name`, `postal-code`; JIS X 8341-3 1.3.5).
        accept: Media types of a file; judged by its first bytes, not by its name.
        data: PERSONAL and SECRET values go into no log and are sealed where they rest; SECRET ones rest in no draft either.
    """

    name: str = field(validator=_name)
    label: str
    kind: FieldKind = "text"
    required: bool = False
    help: str = ""
    value: Json = None
    choices: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False)
    least: int | None = None
    most: int | None = None
    autocomplete: str = ""
    accept: Sequence[str] = field(default=PICTURES, converter=frozen_tuple)
    data: DataClass = DataClass.PREFERENCE


@frozen
class Download:
    """A file that a page hands over.

    Args:
        name: As it is saved, in any script. `media_type`: with its charset where it is text.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)


@frozen
class View:
    """What a page shows now: blocks, and a form where it has fields or a button.

    Args:
        drafts: Whether the visitor is offered to save half of it. With or without, what was refused is kept for
            them, but for SECRET fields.
        confirm: Whether they see what they entered once more before it is sent (確認画面). Not with a `file` among the fields:
            no page can hold a file for a second time of sending.
        download: Handed over in place of the page.
    """

    title: str
    blocks: Sequence[Block] = field(default=(), converter=frozen_tuple)
    fields: Sequence[PageField] = field(default=(), converter=frozen_tuple)
    button: str = ""
    drafts: bool = True
    confirm: bool = False
    download: Download | None = None

    def __attrs_post_init__(self) -> None:
        if self.confirm and any(asked.kind == "file" for asked in self.fields):
            raise InputError(
                "a form with a file has no page to confirm it on",
                hint="ask for the file on a page of its own",
            )


@frozen
class Attachment:
    """An uploaded file that was looked at: its type is what its bytes say, pictures carry no place or time any more."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@frozen
class Submitted:
    """The page after a form was taken: kept with the submission, so that sending twice shows it twice and acts once.

    Args:
        tell: Words for the citizen's chat; status words only, nothing of what the form holds.
    """

    title: str
    blocks: Sequence[Block] = field(default=(), converter=frozen_tuple)
    tell: str = ""


@frozen
class PageRequest:
    """Who asks for a page, and how.

    Args:
        citizen: Who is signed in with LINE; None on staff pages and on pages opened by a link without a citizen.
        query: From the address.
        facts: What an unguessable link carries; empty otherwise.
        locale: `ja`, `en`, `ja-easy` …, for `Texts.get`.
        key: The submission's own key, to pass on where a double would hurt; empty while the page is only shown.
    """

    actor: Actor
    citizen: CitizenId | None
    query: Mapping[str, str] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    facts: Mapping[str, Json] = field(factory=dict, converter=frozen_map, hash=False, repr=False)
    locale: str = "ja"
    key: str = ""


@frozen
class Page:
    """A web page of a feature, at `/c/<feature>/<path>` for citizens or `/staff/<feature>/<path>` for staff.

    Args:
        path: ASCII letters, digits, `-` and `_`.
        title: In menus; the page's own title comes from its view.
        show: The view, in a reading unit. Called again before `submit`, and what it asks is what is taken.
        submit: Takes checked values by field name, in a unit of work of its own: `Submitted`, or every reason against it,
            each with `help={"field": name}` where it belongs to one. A field that was left empty is None.
        work: What may take its time and must not hold a unit of work up, such as reading an uploaded file: called with the
            checked values before the unit of `submit`, which then takes what it gives. It may be called again for the same form
            as long as that unit has not succeeded.
        verb: Staff need this of the policy besides `web.staff`: `delivery.approve` …
        listed: Whether it stands in the menu of pages.
        channel: The field, a `choice`, that says how whoever is served came; the unit of `submit` runs through that channel.
    """

    path: str
    title: str
    show: "Callable[[Transaction, PageRequest], View]"
    submit: "Callable[[Transaction, PageRequest, Mapping[str, Any]], Submitted | Sequence[Reason]] | None" = (
        None
    )
    audience: Audience = "citizen"
    verb: str = ""
    listed: bool = True
    work: "Callable[[PageRequest, Mapping[str, Any]], Mapping[str, Any]] | None" = None
    channel: str = ""


class PagesPort(Protocol):
    """Addresses of the town's pages, for messages; offered by `web` under the port `pages`."""

    def url(self, page: str, query: Mapping[str, str] | None = None) -> str:
        """The address of `feature/path`; whoever opens it signs in first. Never personal data in `query`."""
        ...

    def link(
        self,
        tx: "Transaction",
        page: str,
        *,
        expires: datetime,
        citizen: CitizenId | None = None,
        facts: Mapping[str, Json] | None = None,
        once: bool = False,
    ) -> str:
        """An unguessable address that opens the page without signing in, until `expires`, for one submission if `once`."""
        ...
