"""What garbage days offer to the City."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from govline.calendar.garbage import _queries as q
from govline.calendar.garbage.actions import GarbageActions
from govline.calendar.garbage.commands import import_command
from govline.calendar.garbage.datasets import collection_dataset
from govline.calendar.garbage.hours import NoticeHours
from govline.calendar.garbage.inspection import check_command, dates_command
from govline.calendar.garbage.moving import Moving
from govline.calendar.garbage.outputs import calendar_command, export_command
from govline.calendar.garbage.pickups import Bulky
from govline.calendar.garbage.service import Garbage
from govline.calendar.garbage.texts import GARBAGE_TEXTS
from govline.calendar.garbage.warnings import expiries, quiet_wishes, warnings
from govline.core import FEATURE_API, Check, Command, DataClass, DataField, Env, Offers, Tick, Transaction
from govline.core.jst import to_jst
from govline.core.texts import Texts

__all__ = ["GarbageConfig", "GarbageFeature"]

_ENOUGH = timedelta(days=30)


class BulkyConfig(BaseModel):
    """Settings under `bulky:`, pickup of 粗大ごみ on application; see `pickups.Bulky`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: list[str] = []
    apply_before: int = Field(default=0, ge=0, le=60)
    how: str = Field(default="", max_length=200)


class GarbageConfig(BaseModel):
    """Settings under `features: garbage:`.

    Args:
        calendar: A file of collection days below the town's folder, imported when the town has no calendar yet.
        closed_days: What closures do: `drop` leaves closed days out, `shift` moves them by a week within the month.
        postcodes: Japan Post's KEN_ALL below the town's folder, read with the calendar; `municipality`: whose rows are meant.
        bulky: Pickup of bulky waste: which kinds, how many business days ahead to apply, and how.
        texts: The town's own wording: key to text, or key to language to text.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    calendar: str = ""
    closed_days: Literal["drop", "shift"] = "drop"
    postcodes: str = ""
    municipality: str = ""
    bulky: BulkyConfig = BulkyConfig()
    texts: dict[str, str | dict[str, str]] = {}


class GarbageFeature:
    """ごみ収集日; `city.garbage` is a `Garbage`."""

    name = "garbage"
    api = FEATURE_API
    config: type[BaseModel] = GarbageConfig
    migrations = "govline.calendar.garbage.migrations"

    def build(self, env: Env, config: GarbageConfig) -> Garbage:
        """The bound service; reads no row."""
        calendar = Path(env.folder) / config.calendar if config.calendar else None
        bulky = Bulky(config.bulky.kinds, config.bulky.apply_before, config.bulky.how)
        postal = (Path(env.folder) / config.postcodes, config.municipality) if config.postcodes else None
        texts = Texts(config.texts, GARBAGE_TEXTS)
        hours = NoticeHours(env.port("quiet_hours"))
        return Garbage(texts, calendar, config.closed_days, bulky=bulky, postcodes=postal, hours=hours)

    def offers(self, service: Garbage) -> Offers:
        """Actions, the hourly notices, the import command, checks and the staff's view."""
        return Offers(
            actions=GarbageActions(service).all(),
            responders=Moving(service).responders(),
            ticks=[*_ticks(service), Tick("garbage.extend", time(3, 10), _quietly(service.extend))],
            commands=_COMMANDS,
            datasets=[collection_dataset(service)],
            data_map=_DATA,
            erase=service.erase,
            prepare=service.prepare,
            checks=[
                Check("garbage.days", _runs_out),
                Check("garbage.hours", lambda tx: quiet_wishes(tx, service.hours)),
            ],
            expiries=expiries,
            view=_view,
        )


def _ticks(service: Garbage) -> list[Tick]:
    """One an hour while notices may go out, never in quiet hours; each finds whoever is still owed one, so a missed tick is made up for."""
    hours = sorted(hour for lead in (0, 1) for hour in service.hours.allowed(lead))
    return [Tick(f"garbage.notice-{hour:02d}", time(hour), _quietly(service.notify)) for hour in hours]


def _quietly(work: Callable[[Transaction], object]) -> Callable[[Transaction, datetime], None]:
    def run(tx: Transaction, due: datetime) -> None:  # noqa: ARG001 - what is owed depends on now, not on the tick
        work(tx)

    return run


_COMMANDS = (
    Command("check", "収集日の表を検査し、読めないセルをすべて挙げる", check_command, town=False),
    Command("dates", "収集日の表から、期間中の収集日を書き出す", dates_command, town=False),
    Command("import", "収集日の表(5374.jp の area_days.csv など)を取り込む", import_command),
    Command("export", "収集日の表を書き出す", export_command),
    Command("calendar", "地区の1年の収集日を ics、印刷用の html、画像の png で書き出す", calendar_command),
)

_DATA = (
    DataField("gl_garbage_setting", "citizen", DataClass.PREFERENCE, "whom to tell", "until erased"),
    DataField("gl_garbage_setting", "area", DataClass.PREFERENCE, "of which area", "until erased"),
    DataField("gl_garbage_muted", "citizen", DataClass.PREFERENCE, "kinds not told of", "until erased"),
    DataField("gl_garbage_announced", "citizen", DataClass.PREFERENCE, "told of a change", "60 days"),
)


def _runs_out(tx: Transaction) -> Sequence[str]:
    row = tx.one(q.HORIZON)
    if row is None:
        return ["no garbage calendar: govline garbage import FILE"]
    if row[0] < to_jst(tx.now).date() + _ENOUGH:
        return [f"garbage days end on {row[0]}: is the worker running?"]
    return warnings(tx)


def _view(tx: Transaction) -> Sequence[Mapping[str, Any]]:
    odd = [{"area": "注意", "notice": sentence, "citizens": 0} for sentence in warnings(tx)]
    return odd + [
        {"area": area, "notice": f"{'前日' if lead else '当日'}{hour}時", "citizens": count}
        for area, lead, hour, count in tx.all(q.SETTING_COUNTS)
    ]
