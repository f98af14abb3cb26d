"""A benchmark whose figures prove a fault ends with 1: speed beside lost or doubled work means nothing."""

import json

import pytest
from benchmarks import __main__ as command


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ({"oversold": 0, "sqlite": {"oversold": 0}}, ""),
        ({"oversold": 0, "sqlite": {"oversold": 2}}, "sqlite.oversold = 2"),
        ({"doubled": 1, "lost": 3}, "doubled = 1, lost = 3"),
        ({"units_per_s": 5}, ""),
    ],
)
def test_it_ends_with_1_where_something_came_out_wrong(found, wrong, monkeypatch, capsys):
    monkeypatch.setattr("benchmarks.store.run", lambda quick: found)
    monkeypatch.setattr("sys.argv", ["benchmarks", "store", "--json", "--quick"])
    assert command.main() == bool(wrong)
    printed = capsys.readouterr()
    assert json.loads(printed.out).items() >= found.items()
    assert printed.err == (f"wrong: {wrong}\n" if wrong else "")
