"""A town started with the keys of another one: nothing runs, and doctor says what to do."""

import pytest

from govline import City
from govline.cli.towns import open_town
from govline.errors import StoreError
from govline.store import Database, Keyring, identity


def test_no_command_runs_with_the_keys_of_another_town(ready, govline, monkeypatch):
    with open_town(ready) as city:
        city.run(lambda tx: identity.citizen_of(tx, "U" + "1" * 32))
    assert govline("doctor").code == 0
    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate().to_text())
    told = govline("doctor")
    assert told.code == 1
    assert "GL-1121" in told.out
    assert "GOVLINE_KEYS" in told.out
    for words in (("export", "citizens", "x.csv"), ("worker",), ("outbox", "list"), ("db", "upgrade")):
        assert govline(*words).err.startswith("GL-1121"), words
    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate("k9").to_text())
    assert govline("worker").err.startswith("GL-1121")


def test_a_town_in_python_is_not_prepared_with_them(tmp_path, clock, ids):
    url = f"sqlite:///{tmp_path}/town.db"
    old, new = Keyring.generate("k1"), Keyring.generate("k2")
    with City(Database.open(url, clock=clock, ids=ids, keys=old)).prepare() as city:
        city.run(lambda tx: identity.citizen_of(tx, "U1"))
    with (
        City(Database.open(url, clock=clock, ids=ids, keys=new)) as city,
        pytest.raises(StoreError, match="GL-1121"),
    ):
        city.prepare()
    both = Keyring.from_text(f"{new.to_text()},{old.to_text()}")
    with City(Database.open(url, clock=clock, ids=ids, keys=both)) as city:
        city.prepare()
        assert city.read(lambda tx: identity.find_citizen(tx, "U1"))
