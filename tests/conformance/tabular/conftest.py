"""A dataset over a table of the tests' own: people with a number, a name and a ward."""

import pytest
from sqlalchemy import Column as SqlColumn
from sqlalchemy import MetaData, Text, select
from sqlalchemy import Table as SqlTable

from govline.core import DataClass, Dataset
from govline.store.columns import DateColumn
from govline.tabular import Column, Files, Table

PEOPLE = SqlTable(
    "people",
    MetaData(),
    SqlColumn("no", Text, primary_key=True),
    SqlColumn("name", Text),
    SqlColumn("ward", Text),
    SqlColumn("born", DateColumn),
)


def table(*, personal=False):
    delicate = DataClass.PERSONAL if personal else DataClass.PUBLIC
    return Table(
        "people",
        [
            Column("no", "番号", type="code", required=True, width=6),
            Column("name", "氏名", data=delicate, max_length=40),
            Column("ward", "地区", type="choice", choices={"m": "港", "k": "川辺"}),
            Column("born", "生年月日", type="date"),
        ],
        key="no",
        citizen="no",
    )


class People:
    """Reads and writes pages of the table; can be told to fail at the n-th page."""

    def __init__(self):
        self.fail_at, self.error, self.pages = 0, None, 0

    def dataset(self, **more):
        return Dataset(
            "people",
            "住民",
            lambda: table(personal=more.pop("personal", False)),
            self.page,
            find=self.find,
            write=self.write,
            count=self.count,
            **{name: value for name, value in more.items() if name != "personal"},
        )

    def page(self, tx, after, limit):
        query = select(PEOPLE).order_by(PEOPLE.c.no).limit(limit)
        query = query if after is None else query.where(PEOPLE.c.no > after[0])
        return [dict(row) for row in tx.connection.execute(query).mappings()]

    def find(self, tx, keys):
        query = select(PEOPLE).where(PEOPLE.c.no.in_([key[0] for key in keys]))
        return {(row["no"],): dict(row) for row in tx.connection.execute(query).mappings()}

    def count(self, tx):
        return tx.connection.exec_driver_sql("SELECT count(*) FROM people").scalar_one()

    def write(self, tx, changes):
        self.pages += 1
        if self.pages == self.fail_at:
            raise self.error
        gone = [change.key[0] for change in changes]
        tx.connection.execute(PEOPLE.delete().where(PEOPLE.c.no.in_(gone)))
        new = [dict(change.after) for change in changes if change.after is not None]
        if new:
            tx.connection.execute(PEOPLE.insert(), new)


@pytest.fixture
def people(any_db):
    any_db.run(lambda tx: PEOPLE.create(tx.connection))
    return People()


@pytest.fixture
def files(any_db, people):
    return Files(any_db, [people.dataset()])


@pytest.fixture
def everybody(any_db):
    def read():
        query = select(PEOPLE).order_by(PEOPLE.c.no)
        return any_db.read(lambda tx: [tuple(row) for row in tx.connection.execute(query)])

    return read


@pytest.fixture
def moving(any_db, clock, monkeypatch):
    return any_db, clock, monkeypatch
