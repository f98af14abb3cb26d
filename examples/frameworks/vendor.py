"""What a vendor has already, as govline meets it; the four examples share it.

`Login` and `Scheduler` are the shapes that each example fills in with its framework's own; `Residents` makes the vendor's resident
table known to talks (an action), to other features (the port `profile`) and to segments (a filter over its columns).
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel
from sqlalchemy import text

from govline import City, Database
from govline.calendar.feature import CalendarFeature
from govline.city import LineChannel
from govline.core import FEATURE_API, Action, Actor, Effect, Finished, Offers
from govline.core.messages import Text
from govline.scenario.feature import ScenarioFeature
from govline.segments import attr
from govline.store import Keyring

TOWN = Path(__file__).parent / "town"
TABLES = [
    part
    for part in (Path(__file__).parent / "vendor.sql").read_text(encoding="utf-8").split(";")
    if part.strip()
]
COLUMNS = {"ward": "resident.ward_cd", "birth_date": "resident.birth_date"}


class Login(Protocol):
    """Who a member of staff is, from the vendor's own login; None where nobody is signed in."""

    def actor(self, request: Any) -> Actor | None: ...


class Scheduler(Protocol):
    """The vendor's own job queue: calls `work` again and again until the process ends."""

    def every(self, seconds: float, work: Callable[[], object]) -> None: ...


class WardArgs(BaseModel):
    ward: str


class NoSettings(BaseModel):
    pass


class Residents:
    """The resident table as a feature; also what `govline.core.ProfilePort` asks for."""

    name = "residents"
    api = FEATURE_API
    config = NoSettings
    migrations = ""

    def build(self, env, config):
        return self

    def offers(self, service):
        action = Action("residents.set_ward", WardArgs, {"ok"}, self.choose)
        return Offers(actions=[action], ports={"profile": self}, erase=self.erase)

    def get(self, tx, citizen, attribute):
        query = f"SELECT {COLUMNS[attribute]} FROM resident WHERE citizen_id = :who"
        return tx.connection.execute(text(query), {"who": citizen}).scalar()

    def set(self, tx, citizen, attribute, value, *, source):
        column = COLUMNS[attribute].partition(".")[2]
        upsert = f"INSERT INTO resident (citizen_id, {column}) VALUES (:who, :value) ON CONFLICT (citizen_id) DO UPDATE SET {column} = :value"
        tx.connection.execute(text(upsert), {"who": citizen, "value": value})

    def choose(self, tx, context, args):
        self.set(tx, context.citizen, "ward", args.ward, source="line")
        return Finished("ok")

    def meant(self, tx, wards):
        """The citizens of a filter over the vendor's own columns."""
        where, words = (
            attr("ward").in_(*wards).to_sql(columns=COLUMNS, dialect=tx.dialect, paramstyle="named")
        )
        return list(
            tx.connection.execute(text(f"SELECT citizen_id FROM resident WHERE {where}"), words).scalars()
        )

    def erase(self, tx, citizen):
        tx.connection.execute(text("DELETE FROM resident WHERE citizen_id = :who"), {"who": citizen})


def tell(tx, city, key, wards, words) -> int:
    """A notice to the residents of some wards, once each however often it is asked for; how many."""
    people = city.residents.meant(tx, wards)
    for citizen in people:
        payload = {"citizen": citizen, "messages": [Text(words).to_line()]}
        tx.enqueue(Effect("line.push", payload, dedupe=f"notice:{key}:{citizen}"))
    return len(people)


def open_city(environ: Mapping[str, str] = os.environ) -> City:
    """The town on the vendor's own database; secrets come from the environment."""
    database = Database.open(
        environ["DATABASE_URL"], town="hinata", keys=Keyring.from_text(environ["GOVLINE_KEYS"])
    )
    return City(
        database,
        [CalendarFeature(), Residents(), ScenarioFeature()],
        name="ひなた町",
        line=LineChannel.from_environment(),
        folder=TOWN,
        menu=["予約", "地区の登録"],
    )
