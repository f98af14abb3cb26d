"""What answers offer to the City."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from govline.answers import _queries as q
from govline.answers.actions import AnswersTalk
from govline.answers.commands import ask_command, import_command, search_command, unmatched_command
from govline.answers.datasets import UNMATCHED, list_dataset
from govline.answers.feed_shapes import Shape
from govline.answers.feeds import TOPIC, Feed, FeedHandler
from govline.answers.readings import NoReader, Reader, SudachiReader, best_reader
from govline.answers.service import Answers
from govline.answers.synonyms import GENERAL, Synonyms
from govline.answers.texts import ANSWERS_TEXTS
from govline.core import FEATURE_API, Check, Command, DataClass, DataField, Env, Offers, Tick, Transaction
from govline.core.texts import Texts
from govline.errors import ConfigError

__all__ = ["AnswersConfig", "AnswersFeature", "FeedConfig"]

_OFTEN: Final = 2
_ADDRESS: Final = re.compile(r"https://[^/\s]+(/\S*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?")


class FeedConfig(BaseModel):
    """A source of short news (bus, snow ploughs) under `feeds:`.

    Args:
        name: What citizens ask for. `aliases`: other words for it.
        source: An `https:` address, or a file below the town's folder that staff replace.
        shape: `rss` (RSS and Atom), `json`, or `text` (a line each).
        items: Of JSON: where the list stands, keys joined by dots. `fields`: which values of an entry make its line.
        lines: At most so many are said. `every`: minutes between two looks. `stale`: minutes from which on it is said to be old.
        link: A page for more.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=100)
    source: str = Field(min_length=1, max_length=1000)
    shape: Literal["rss", "json", "text"] = "rss"
    items: str = ""
    fields: list[str] = []
    aliases: list[str] = []
    lines: int = Field(default=5, ge=1, le=15)
    every: int = Field(default=10, ge=1, le=1440)
    stale: int = Field(default=60, ge=1, le=44_640)
    link: str = Field(default="", pattern=r"^(https://\S+)?$", max_length=1000)

    def feed(self, folder: Path) -> Feed:
        """As the service takes it.

        Raises:
            ConfigError: GL-4206, neither an https address nor a file below the folder.
        """
        source: str | Path = self.source
        if not _ADDRESS.fullmatch(self.source):
            source = (folder / self.source).resolve()
            if "://" in self.source or not source.is_relative_to(folder.resolve()):
                raise ConfigError(
                    "a feed comes from an https address, or from a file below the town's folder",
                    code="GL-4206",
                    place={"feed": self.name},
                )
        return Feed(
            self.name,
            source,
            Shape(self.shape, self.items, self.fields),
            self.aliases,
            self.lines,
            timedelta(minutes=self.every),
            timedelta(minutes=self.stale),
            self.link,
        )


class AnswersConfig(BaseModel):
    """Settings under `features: answers:`.

    Args:
        files: Lists below the town's folder, by name: `{items: answers/items.csv, faq: answers/faq.csv}`. A changed file is
            imported again when the town is prepared.
        readings: `auto` reads kanji with Sudachi where it is installed, `sudachi` insists on it, `none` does without.
        general_words: Whether govline's own table of synonyms counts (スマホ is a 携帯電話).
        words: The town's own synonyms: `{ガラ袋: [土のう袋]}`.
        offers: What to offer under an answer of a sorting class, as a button that says it: `{粗大ごみ: 粗大ごみの収集日}`, where
            粗大ごみの収集日 starts a scenario.
        feeds: Short news that is fetched; see `FeedConfig`.
        texts: The town's own wording: key to text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str] = Field(default={})
    readings: Literal["auto", "sudachi", "none"] = "auto"
    general_words: bool = True
    words: dict[str, list[str]] = {}
    offers: dict[str, str] = {}
    feeds: list[FeedConfig] = []
    texts: dict[str, str] = {}


class AnswersFeature:
    """よくある質問とごみ分別; `city.answers` is an `Answers`."""

    name = "answers"
    api = FEATURE_API
    config: type[BaseModel] = AnswersConfig
    migrations = "govline.answers.migrations"

    def build(self, env: Env, config: AnswersConfig) -> Answers:
        files = [(source, Path(env.folder) / file) for source, file in config.files.items()]
        synonyms = (GENERAL if config.general_words else Synonyms()).with_words(config.words)
        texts = Texts(config.texts, ANSWERS_TEXTS)
        feeds = [feed.feed(Path(env.folder)) for feed in config.feeds]
        reader = _reader(config.readings)
        return Answers(texts, reader, files, synonyms=synonyms, offers=config.offers, feeds=feeds)

    def offers(self, service: Answers) -> Offers:
        talk = AnswersTalk(service)

        def forget(tx: Transaction, due: datetime) -> None:  # noqa: ARG001 - what is old depends on now
            service.forget_unmatched(tx)
            service.feeds.begin(tx)

        return Offers(
            actions=[talk.action()],
            responders=[talk.responder()],
            ticks=[Tick("answers.forget", time(3, 20), forget)],
            commands=[
                Command("import", "品目・質問・リンクの表を取り込む", import_command),
                Command("search", "標準入力の言葉を1行ずつ、ファイルから探す", search_command, town=False),
                Command("ask", "標準入力の言葉を1行ずつ、町の表から探す", ask_command),
                Command("unmatched", "見つからなかった言葉の一覧", unmatched_command),
            ],
            data_map=_DATA,
            datasets=[UNMATCHED, *(list_dataset(service, source) for source in service.sources)],
            prepare=service.prepare,
            checks=[Check("answers.items", _empty), Check("answers.feeds", service.feeds.problems)],
            effects={TOPIC: FeedHandler(service.feeds)},
            view=_view,
        )


def _reader(choice: str) -> Reader:
    if choice == "none":
        return NoReader()
    return SudachiReader() if choice == "sudachi" else best_reader()


_DATA = (
    DataField(
        "gl_answers_unmatched",
        "word",
        DataClass.PREFERENCE,
        "words without an answer, without whoever asked",
        "90 days after it was last asked",
    ),
)


def _empty(tx: Transaction) -> Sequence[str]:
    return [] if tx.all(q.LISTS) else ["no list to search: govline answers import FILE"]


def _view(tx: Transaction) -> Sequence[Mapping[str, Any]]:
    lists = [{"kind": source, "name": "", "count": count} for source, count, _ in tx.all(q.LISTS)]
    words = tx.all(q.UNMATCHED, {"least": _OFTEN, "most": 20})
    return [*lists, *({"kind": "unmatched", "name": word, "count": asked} for word, asked, _, _ in words)]
