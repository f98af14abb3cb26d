"""Truths about the search that hold for any list and any words."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, Indel

from govline.answers import ANSWERED, Index, Item, read_items, search
from govline.answers.forms import fold
from govline.answers.phrases import candidates
from govline.answers.similarity import plain_edits, plain_ratio
from govline.errors import FileError

WORD = st.text(
    st.sampled_from("あいうかきくけたなはまんーアイウカキクッ缶紙瓶電池布の(・)"), min_size=1, max_size=9
)
NAMED = WORD.filter(lambda word: bool(fold(word)))


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMED, min_size=1, max_size=12), st.data())
def test_every_item_is_found_by_its_own_name(names, data):
    items = [Item(name, f"区分{n}") for n, name in enumerate(names)]
    name = data.draw(st.sampled_from(names))
    result = search(Index.build(items), name, limit=len(names))
    assert result.answered
    assert fold(name) in {fold(found.name) for found in result.results if found.score >= ANSWERED}


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMED, max_size=12), st.text(max_size=40))
def test_any_words_are_searched_and_scores_fall(names, query):
    result = search([Item(name, "資源") for name in names], query)
    scores = [found.score for found in result.results]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert result.answered == bool(scores and scores[0] >= ANSWERED)
    assert len(candidates(query)) <= 24


@settings(max_examples=80, deadline=None)
@given(WORD, WORD, st.integers(0, 4))
def test_the_fallback_equals_rapidfuzz(left, right, most):
    assert plain_edits(left, right, most) == OSA.distance(left, right, score_cutoff=most)
    assert abs(plain_ratio(left, right) - Indel.normalized_similarity(left, right)) < 1e-9


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: f"type,name\n{text}".encode()))
)
def test_any_bytes_are_read_or_refused(data):
    refused = []
    try:
        table = read_items(data)
    except FileError as error:
        refused.append(error.code)
    else:
        assert table.items or table.problems
        assert table.rows >= len(table.items)
    assert refused in ([], ["GL-4200"])
