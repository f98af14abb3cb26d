"""Feeds of every shape, and everything that a hostile one may hold."""

import json

import pytest

from govline.answers.feed_shapes import LARGEST, Shape, feed_lines
from govline.core.text import utf16_len
from govline.errors import FileError

RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0"><channel><title>バス</title>
<item><title>1号線は通常運行</title><pubDate>Sun, 22 Nov 2026 06:00:00 +0900</pubDate></item>
<item><title>&lt;b&gt;2号線&lt;/b&gt;は10分遅れ</title><pubDate>Sun, 22 Nov 2026 15:05:00 +0900</pubDate></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>除雪</title>
<entry><title>山手地区</title><updated>2026-11-21T21:00:00Z</updated></entry>
<entry><title type="html">港地区 &amp; 浜</title><updated>2026-11-22T01:30:00Z</updated></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="r" xmlns:dc="d"><channel/><item><title>運休</title></item><item><title>再開</title></item></rdf:RDF>"""


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS", "EUC-JP", "UTF-16"])
def test_rss_newest_first_in_every_encoding(encoding):
    data = RSS.format(encoding=encoding).encode(encoding)
    assert feed_lines(data, Shape(), 5) == ["11/22 15:05 2号線 は10分遅れ", "11/22 6:00 1号線は通常運行"]
    assert feed_lines(data, Shape(), 1) == ["11/22 15:05 2号線 は10分遅れ"]


def test_atom_and_rdf():
    assert feed_lines(ATOM.encode(), Shape(), 5) == ["11/22 10:30 港地区 & 浜", "11/22 6:00 山手地区"]
    assert feed_lines(RDF.encode(), Shape(), 5) == ["運休", "再開"], "without dates as they stand"
    assert feed_lines(b"<rss><channel/></rss>", Shape(), 5) == []


def test_json_and_text():
    data = json.dumps(
        {"data": {"alerts": [{"line": "1号線", "now": {"late": 5}}, {"line": "2号線"}]}}
    ).encode()
    assert feed_lines(data, Shape("json", "data.alerts", ["line", "now.late"]), 5) == ["1号線 5", "2号線"]
    assert feed_lines(b'["a", 1, true, null, {}]', Shape("json"), 5) == ["a", "1"]
    assert feed_lines("山手は作業中\r\n\r\n港は終了\r\n".encode("cp932"), Shape("text"), 5) == [
        "山手は作業中",
        "港は終了",
    ]
    assert feed_lines(b"", Shape("text"), 5) == []


def test_nothing_invisible_or_endless_comes_through():
    spoilt = "<script>x</script>偽\u202e物\u0000\u200b\ttab " + "長" * 500
    (line,) = feed_lines(json.dumps([spoilt]).encode(), Shape("json"), 5)
    assert line.startswith("x 偽物 tab 長")
    assert line.endswith("…")
    assert utf16_len(line) <= 200


BOMB = (
    '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(97 + n)} "{f"&{chr(96 + n)};" * 10}">' for n in range(1, 12))
    + "]><rss><channel><item><title>&l;</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (BOMB.encode(), Shape()),
        (b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss><item><title>&f;</title></item></rss>', Shape()),
        (b"<rss>" + b"<a>" * 100_000, Shape()),
        (b"<html><body>404</body></html>", Shape()),
        (b"<rss><item>", Shape()),
        (b'<?xml version="1.0" encoding="unicode_escape"?><rss/>', Shape()),
        (b"<rss>" + b"\xff\xff</rss>", Shape()),
        (b"", Shape()),
        (b"{", Shape("json")),
        (b"[" * 100_000, Shape("json")),
        (b'{"a": {}}', Shape("json", "a")),
        (b"9" * 10_000, Shape("json")),
        (b"\x00\x01\x02\x03", Shape("text")),
        (b"x" * (LARGEST + 1), Shape("text")),
    ],
)  # fmt: skip
def test_what_is_no_feed_or_a_bomb_is_refused(data, shape):
    with pytest.raises(FileError, match="GL-4205"):
        feed_lines(data, shape, 5)
