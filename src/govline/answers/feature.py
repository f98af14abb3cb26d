"""What answers offer to the City."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from govline.answers import _queries as q
from govline.answers.actions import AnswersTalk
from govline.answers.commands import ask_command, import_command, search_command, unmatched_command
from govline.answers.datasets import DATASETS
from govline.answers.readings import NoReader, Reader, SudachiReader, best_reader
from govline.answers.service import Answers
from govline.answers.synonyms import GENERAL, Synonyms
from govline.answers.texts import ANSWERS_TEXTS
from govline.core import FEATURE_API, Check, Command, DataClass, DataField, Env, Offers, Tick, Transaction
from govline.core.texts import Texts

__all__ = ["AnswersConfig", "AnswersFeature"]

_OFTEN: Final = 2


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
        texts: The town's own wording: key to text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, str] = Field(default={})
    readings: Literal["auto", "sudachi", "none"] = "auto"
    general_words: bool = True
    words: dict[str, list[str]] = {}
    offers: dict[str, str] = {}
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
        return Answers(texts, _reader(config.readings), files, synonyms=synonyms, offers=config.offers)

    def offers(self, service: Answers) -> Offers:
        talk = AnswersTalk(service)

        def forget(tx: Transaction, due: datetime) -> None:  # noqa: ARG001 - what is old depends on now
            service.forget_unmatched(tx)

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
            datasets=DATASETS,
            prepare=service.prepare,
            checks=[Check("answers.items", _empty)],
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
