"""A town's worker takes a broken import back by itself; the doctor names it before; the features' datasets meet in `city.tabular`."""

from datetime import timedelta

import pytest
from pydantic import BaseModel

from govline import City
from govline.core import FEATURE_API, Offers, Ref
from govline.errors import ConfigError
from govline.store import schedules


class Nothing(BaseModel):
    """Nothing to set."""


class PeopleFeature:
    name, api, config, migrations = "folk", FEATURE_API, Nothing, ""

    def __init__(self, *datasets):
        self._datasets = datasets

    def build(self, env, config):
        return object()

    def offers(self, service):
        return Offers(datasets=self._datasets)


class Killed(BaseException):
    """Stands for a process that is gone."""


def test_the_worker_takes_a_broken_import_back(people, everybody, tmp_path, moving):
    any_db, clock, monkeypatch = moving
    city = City(any_db, [PeopleFeature(people.dataset())])
    path = tmp_path / "people.csv"
    path.write_text("番号,氏名,地区\n" + "".join(f"{n:06},住民,港\n" for n in range(1_500)), encoding="utf-8")
    people.fail_at, people.error = 3, Killed()
    monkeypatch.setattr("govline.tabular.taking_back.TakingBack.abandon", lambda *_: None)
    with pytest.raises(Killed):
        city.tabular.load("people", path)
    assert len(everybody()) == 1_000
    assert city.settle()
    assert len(everybody()) == 1_000, "it may still be alive"
    clock.advance(timedelta(seconds=61))
    assert ["broke off" in finding for finding in city.check()] == [True]
    assert city.settle()
    assert everybody() == []
    assert city.check() == []
    assert city.tabular.load("people", path).added == 1_500


def test_a_finished_import_leaves_nothing_to_the_worker(any_db, people, tmp_path):
    city = City(any_db, [PeopleFeature(people.dataset())])
    path = tmp_path / "people.csv"
    path.write_text("番号,氏名\n1,花子\n", encoding="utf-8")
    report = city.tabular.load("people", path)
    assert report.written
    assert any_db.read(lambda tx: schedules.of_subject(tx, Ref("tabular.import", report.import_id))) == []


def test_two_datasets_of_one_name_are_refused(any_db, people):
    with pytest.raises(ConfigError, match="GL-0062"):
        City(any_db, [PeopleFeature(people.dataset(), people.dataset())])
