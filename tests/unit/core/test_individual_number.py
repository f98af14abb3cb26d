"""The 個人番号 guard: what is found, what is left alone, and that no digit of it comes back."""

import pytest

from govline.core.individual_number import MASK, check_digit, find, guard, is_individual_number, redact
from govline.errors import IndividualNumberRefused, InputError

FOUND = [
    "123456789018",
    "マイナンバーは１２３４５６７８９０１８です",
    "1234 5678 9018",
    "1234-5678-9018",
    "1234－5678－9018",
    "1234　5678　9018",
    "123456 789018",
    "123 456 789 018",
    "1 2 3 4 5 6 7 8 9 0 1 8",
    "1234\n5678\n9018",
    "1234.5678.9018",
    "12\u200b3456\u20607890\ufe0f18",
    "一二三四五六七八九〇一八",
    "①②③④⑤⑥⑦⑧⑨⓪①⑧",
    "1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣9️⃣0️⃣1️⃣8️⃣",
    "●123456789018",
    "①123456789018",
    "1️⃣123456789018",
    "〇123456789018",
    "1234 5678 9018\n090-1234-5678",
    "1234 5678 9018 090-1234-5678",
    "0966-12-3456 123456789018",
    "1234 5678 9018 0234 5678 9013",
    "My number is 123456789018",
    "id 123456789018",
    "個人番号 12-34567-89018",
    "1234、5678、9018 が個人番号です",
    "法人番号ではなくマイナンバー 123456789018",
    "個人番号 1234 5678 9018 0234",
    "〒123-4567 1234 5678 9018",
    "090-1111-2222 1234 5678 9018",
    "〒123-4567 1234 5678 9018 2026年",
    "1234 5678 9018 0120-123-456",
    "電話090-1234-5678 123456789018",
    "TEL:0966123456\n1234 5678 9018",
]
LEFT_ALONE = [
    "",
    "123456789017",
    "12345678901",
    "1123456789018",
    "1-1234-5678-9018",
    "T1123456789018",
    "法人番号 1123456789018",
    "1234 5678 9018 0234",
    "1234-5678-9018-0234",
    "12345678901812345678",
    "123-123456789018",
    "+123456789018",
    "+12-3456-7890-18",
    "A123456789018",
    "注文番号 123456789018",
    "受付番号：1234-5678-9018",
    "受付番号 7-1 1234-5678-9018",
    "1234-5678-9018-0234 5678",
    "1234、5678、9018",
    "123.456.789.018",
    "090-1234-5678 0966-12-3456",
    "2026-11-22 18:30",
    "マイナンバーカードを作りたい",
    "123456789018"[:6] + "円と" + "123456789018"[6:] + "円",
]


@pytest.mark.parametrize("text", FOUND)
def test_a_number_is_found_refused_and_masked(text):
    (span, *_) = find(text)
    assert span.score >= 2
    with pytest.raises(IndividualNumberRefused) as caught:
        guard(text)
    assert caught.value.code == "GL-0020"
    assert not any(char.isdigit() for char in caught.value.message + caught.value.hint)
    assert caught.value.place == {}
    hidden = redact(text)
    assert MASK in hidden
    assert find(hidden) == ()


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_other_numbers_are_left_alone(text):
    assert find(text) == ()
    guard(text)
    assert redact(text) == text


def test_redaction_keeps_everything_but_the_digits():
    assert (
        redact("番号は1234-5678-9018、電話は090-1234-5678です")
        == "番号は████-████-████、電話は090-1234-5678です"
    )
    assert redact("1234 5678 9018 0234 5678 9013") == "████ ████ ████ ████ ████ ████"


def test_a_span_holds_places_only():
    (span,) = find("番号:123456789018。")
    assert (span.start, span.end) == (3, 15)
    assert "1234" not in repr(span)


@pytest.mark.parametrize(("digits", "check"), [("12345678901", 8), ("02345678901", 3), ("00000000000", 0)])
def test_check_digit_of_the_ordinance(digits, check):
    assert check_digit(digits) == check
    assert is_individual_number(f"{digits}{check}")
    assert not is_individual_number(f"{digits}{(check + 1) % 10}")


@pytest.mark.parametrize("digits", ["", "1234567890", "１２３４５６７８９０１", "1234567890a"])
def test_check_digit_refuses_other_text(digits):
    with pytest.raises(InputError):
        check_digit(digits)
    assert not is_individual_number(digits)
