"""The search on real sorting lists: right answers by kind of typing, honest refusals, latency; LIKE and rapidfuzz beside it.

`top1` and `top3` are the share of queries where an item with the same reading stands first, or among three; `answered_top1` and
`answered_top3` count it only where the search calls it an answer, too (the others never refuse, so theirs are equal).
`spoken` and `faq` are hand-made sets (everyday words; questions in other words). `refusal_precision` is the share of words outside every list that are not answered. Lists are read from `GOVLINE_DATA`.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import evolve
from rapidfuzz import fuzz, process

from benchmarks._answers_data import OUTSIDE, Query, queries, readings
from benchmarks._answers_spoken import faq, questions, spoken, things
from govline.answers import Index, Item, NoReader, SudachiReader, Synonyms, read_items, search
from govline.answers.forms import base_name, fold

CITIES = ("joyo", "kanazawa", "kyotango", "chigasaki", "hachioji", "takamatsu")
Search = Callable[[str], tuple[bool, list[str]]]


def run(quick: bool) -> dict[str, Any]:
    """Measure every city; `quick` takes 60 items of each instead of 400."""
    count = 60 if quick else 400
    reader = SudachiReader()
    lists = {city: list(read_items(_data() / city / "target.csv").items) for city in CITIES}
    asked = {city: list(queries(items, reader, count=count)) for city, items in lists.items()}
    golds = {city: readings(items, reader) for city, items in lists.items()}
    indexes = {city: Index.build(items, reader) for city, items in lists.items()}
    plain = {city: Index.build(items, NoReader()) for city, items in lists.items()}
    column = {city: Index.build(_with_column(items, golds[city])) for city, items in lists.items()}
    ours = _over(lists, asked, golds, lambda city: _indexed(indexes[city]))
    columned = _over(lists, asked, golds, lambda city: _indexed(column[city]))
    silent = _over(lists, asked, golds, lambda city: _indexed(plain[city]))
    return {
        "top1": ours["top1"],
        "top3": ours["top3"],
        "answered_top1": ours["answered_top1"],
        "answered_top3": ours["answered_top3"],
        "refusal_precision": _refusals(indexes),
        "p95_ms": ours["p95_ms"],
        "with_readings": ours,
        "with_reading_column": {**columned, "refusal_precision": _refusals(column)},
        "without_readings": {**silent, "refusal_precision": _refusals(plain)},
        "cross_city_top3": _cross(lists, golds, indexes, count),
        "refusal_of_other_lists": _strangers(lists, golds, indexes, count),
        "like": _over(lists, asked, golds, lambda city: _like(lists[city])),
        "rapidfuzz_wratio": _over(lists, _some(asked, quick), golds, lambda city: _wratio(lists[city])),
        "rapidfuzz_ratio_readings": _over(
            lists, asked, golds, lambda city: _ratio(lists[city], golds[city], reader)
        ),
        "spoken": _spoken(reader),
        "faq": _faq(reader),
        "items": {city: len(items) for city, items in lists.items()},
        "queries": sum(map(len, asked.values())),
        "outside_words": len(OUTSIDE),
    }


def _spoken(reader: SudachiReader) -> dict[str, Any]:
    """Everyday words, sentences and slips of the hand-made set: the share answered by the meant item first."""
    asked, names = spoken(), [item.name for item in things()]
    engines = {
        "ours": _indexed(Index.build(things(), reader)),
        "without_general_words": _indexed(Index.build(things(), reader, Synonyms())),
        "like": _like(things()),
        "rapidfuzz_wratio": _process(names, [fold(name) for name in names], fold, fuzz.WRatio),
    }
    shares = {
        name: round(sum(_first(ask(query)) == meant for query, meant in asked.items()) / len(asked), 4)
        for name, ask in engines.items()
    }
    return {**shares, "queries": len(asked)}


def _first(found: tuple[bool, list[str]]) -> str:
    return found[1][0] if found[0] and found[1] else ""


def _faq(reader: SudachiReader) -> dict[str, Any]:
    """Questions asked in other words than they are listed: success at 1, 3, 5 and mean reciprocal rank, as localgovFAQ reports."""
    asked, names = questions(), [item.name for item in faq()]
    index = Index.build(faq(), reader)
    engines = {
        "ours": _indexed(index),
        "like": _like(faq()),
        "rapidfuzz_wratio": _process(names, [fold(name) for name in names], fold, fuzz.WRatio),
        "rapidfuzz_token_set": _process(names, names, str, fuzz.token_set_ratio),
    }
    return {
        **{name: _ranked(ask, asked) for name, ask in engines.items()},
        "answered": round(sum(search(index, query).answered for query in asked) / len(asked), 4),
        "questions": len(names),
        "queries": len(asked),
    }


def _ranked(ask: Search, asked: dict[str, str]) -> dict[str, float]:
    ranks = []
    for query, meant in asked.items():
        names = ask(query)[1]
        ranks.append(names.index(meant) + 1 if meant in names else 0)
    success = {f"sr@{most}": sum(0 < rank <= most for rank in ranks) / len(ranks) for most in (1, 3, 5)}
    mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
    return {name: round(value, 4) for name, value in {**success, "mrr": mrr}.items()}


def _data() -> Path:
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("GOVLINE_DATA", default)) / "garbage5374"


def _with_column(items: list[Item], gold: dict[str, str]) -> list[Item]:
    """As a town with a よみ column and without Sudachi has them."""
    return [evolve(item, reading=gold[item.name]) for item in items]


def _some(asked: dict[str, list[Query]], quick: bool) -> dict[str, list[Query]]:
    """WRatio takes milliseconds a query: a third of the queries is enough for a baseline."""
    return {city: found[:: 6 if quick else 3] for city, found in asked.items()}


def _over(
    lists: dict[str, list[Item]],
    asked: dict[str, list[Query]],
    golds: dict[str, dict[str, str]],
    engine: Callable[[str], Search],
) -> dict[str, Any]:
    right: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    cities: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    times = []
    for city in lists:
        ask, gold = engine(city), golds[city]
        for query in asked[city]:
            began = time.perf_counter()
            answered, names = ask(query.text)
            times.append((time.perf_counter() - began) * 1000)
            hits = [gold[name] == query.reading for name in names[:3]]
            outcome = (any(hits[:1]), any(hits), answered and any(hits[:1]), answered and any(hits))
            right[query.kind].append(outcome)
            cities[city].append(outcome)
    everything = [outcome for outcomes in right.values() for outcome in outcomes]
    return {
        **_shares(everything),
        "p50_ms": _quantile(times, 0.5),
        "p95_ms": _quantile(times, 0.95),
        "by_kind": {kind: _shares(outcomes) for kind, outcomes in sorted(right.items())},
        "by_city": {city: _shares(outcomes) for city, outcomes in cities.items()},
    }


def _shares(outcomes: list[tuple[bool, ...]]) -> dict[str, float]:
    names = ("top1", "top3", "answered_top1", "answered_top3")
    return {
        name: round(sum(outcome[at] for outcome in outcomes) / len(outcomes), 4)
        for at, name in enumerate(names)
    }


def _quantile(times: list[float], share: float) -> float:
    return round(sorted(times)[int(share * (len(times) - 1))], 3)


def _refusals(indexes: dict[str, Index]) -> float:
    answers = [search(index, word).answered for index in indexes.values() for word in OUTSIDE]
    return round(1 - sum(answers) / len(answers), 4)


def _cross(
    lists: dict[str, list[Item]], golds: dict[str, dict[str, str]], indexes: dict[str, Index], count: int
) -> float:
    """Names of one city asked in another: of those that the other lists by the same reading, the share found among three."""
    hits = []
    for asking in CITIES:
        for asked in CITIES:
            known = set(golds[asked].values())
            names = (
                [item.name for item in lists[asking] if golds[asking][item.name] in known]
                if asking != asked
                else []
            )
            for name in names[:: max(1, len(names) // count)]:
                found = search(indexes[asked], base_name(name)).results[:3]
                hits.append(any(golds[asked][each.name] == golds[asking][name] for each in found))
    return round(sum(hits) / len(hits), 4)


def _strangers(
    lists: dict[str, list[Item]], golds: dict[str, dict[str, str]], indexes: dict[str, Index], count: int
) -> float:
    """Names of one city that another does not list, asked there: the share not answered.

    Far from 1, and rightly so in part: a city that lists ハンガー answers 針金ハンガー, though the reading is another.
    """
    refused = []
    for asking in CITIES:
        for asked in CITIES:
            known = set(golds[asked].values())
            names = [item.name for item in lists[asking] if golds[asking][item.name] not in known]
            for name in names[:: max(1, len(names) // count)]:
                refused.append(not search(indexes[asked], base_name(name)).answered)
    return round(sum(refused) / len(refused), 4)


def _indexed(index: Index) -> Search:
    def ask(text: str) -> tuple[bool, list[str]]:
        result = search(index, text)
        return result.answered, [found.name for found in result.results]

    return ask


def _like(items: list[Item]) -> Search:
    names = [item.name for item in items]

    def ask(text: str) -> tuple[bool, list[str]]:
        found = [name for name in names if text in name]
        return bool(found), found

    return ask


def _wratio(items: list[Item]) -> Search:
    return _process([item.name for item in items], [fold(item.name) for item in items], fold, fuzz.WRatio)


def _ratio(items: list[Item], gold: dict[str, str], reader: SudachiReader) -> Search:
    def voiced(text: str) -> str:
        return fold(next(iter(reader.read(text)), text))

    return _process([item.name for item in items], [gold[item.name] for item in items], voiced, fuzz.ratio)


def _process(names: list[str], forms: list[str], form: Callable[[str], str], scorer: Any) -> Search:
    def ask(text: str) -> tuple[bool, list[str]]:
        found: Iterable[Any] = process.extract(form(text), forms, scorer=scorer, limit=5)
        return True, [names[place] for _, _, place in found]

    return ask
