"""Whatever arrives: a changed token never passes, a file is cleaned or refused, a form is read or refused, text stays text."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import FixedClock
from govline.core.pages import PICTURES, DataTable, Facts, Heading, Link, LinkList, Notice, Paragraph
from govline.errors import PageRefused
from govline.simulator.identity import IdTokens
from govline.simulator.model import Citizen
from govline.web import KeySet, verify_id_token
from govline.web.blocks import blocks_from_json, blocks_to_json
from govline.web.bodies import read_form
from govline.web.model import Ask
from govline.web.uploads import XLSX, inspect

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LINE = IdTokens(FixedClock(NOW))
KEYS = KeySet.parse(json.dumps(LINE.jwks()))
TOKEN = LINE.issue(Citizen("U" + "0" * 32, "花子"), "1")
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-", b"")


def tried(call):
    """What the call gives, and the code of its refusal."""
    try:
        return call(), ""
    except PageRefused as refused:
        return None, refused.code


@given(st.integers(0, len(TOKEN) - 1), st.characters(max_codepoint=0x2FF))
@settings(max_examples=200)
def test_a_token_with_one_other_character_is_refused(at, char):
    changed = TOKEN[:at] + char + TOKEN[at + 1 :]
    _, code = tried(lambda: verify_id_token(changed, channel="1", now=NOW, keys=KEYS, secret="s"))
    assert code in {"GL-8101", "GL-8102", "GL-8103", "GL-8104", "GL-8106"} or changed == TOKEN


@given(st.sampled_from(MAGIC), st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_cleaned_or_refused(magic, rest):
    kept, code = tried(lambda: inspect("a", magic + rest, (*PICTURES, "application/pdf", XLSX)))
    assert code in {"GL-8121", "GL-8122"} or len(kept.data) <= len(magic + rest) + 40


@given(
    st.binary(max_size=400),
    st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "x"]),
)
@settings(max_examples=200)
def test_any_body_is_read_or_refused(body, kind):
    named = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + body + b"\r\n--b--\r\n"
    for data in (body, b"--b\r\n" + body, named):
        ask = Ask("POST", "", "/", headers={"content-type": kind}, body=data)
        kept, code = tried(lambda ask=ask: read_form(ask))
        assert code == "GL-8123" or all(
            isinstance(text, str) for each in kept.texts.values() for text in each
        )


TEXT = st.text(max_size=20)
BLOCKS = st.one_of(
    st.builds(Paragraph, TEXT),
    st.builds(Heading, TEXT),
    st.builds(Notice, TEXT, st.sampled_from(["info", "done", "warning"])),
    st.builds(Facts, st.dictionaries(TEXT, TEXT, max_size=3)),
    st.builds(
        DataTable,
        TEXT,
        st.lists(TEXT, max_size=3),
        st.lists(st.lists(TEXT, max_size=3).map(tuple), max_size=3),
    ),
    st.builds(
        LinkList,
        st.lists(st.builds(Link, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2), TEXT), max_size=3),
    ),
)


@given(st.lists(BLOCKS, max_size=5))
@settings(max_examples=100)
def test_blocks_come_back_as_they_were(blocks):
    assert blocks_from_json(json.loads(json.dumps(blocks_to_json(blocks)))) == tuple(blocks)
