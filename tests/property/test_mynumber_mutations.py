"""Bit flips, cuts and noise: nothing but the untouched triple is accepted, and nothing raises."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import FixedClock
from govline.mynumber import JPKI, Good, Purpose, SignatureForm, TrustAnchors, Verdict, Verifier
from govline.mynumber.der import DerError, outline, utf8_string
from govline.testing import pki_der
from govline.testing.pki import authority

DOCUMENT = b"document that was signed"


class AlwaysGood:
    name = "always good"

    def check(self, query):
        return Good(query.at)


CA = authority(Purpose.APPLICATION)
LEAF = CA.issue()
VERIFIER = Verifier(
    JPKI,
    TrustAnchors.testing(application=[CA.certificate]),
    clock=FixedClock(datetime(2026, 11, 20, tzinfo=UTC)),
    revocation=AlwaysGood(),
)


def verdict(certificate=LEAF.certificate, signature=None, document=DOCUMENT, form=SignatureForm.PKCS1_SHA256):
    signature = LEAF.sign(DOCUMENT, form) if signature is None else signature
    return VERIFIER.verify_signature(
        document, signature, certificate, form=form, purpose=Purpose.APPLICATION
    ).verdict


def flipped(data, bit):
    position = bit % (len(data) * 8)
    changed = bytearray(data)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def test_the_untouched_triple_is_valid():
    assert verdict() is Verdict.VALID


@given(st.integers(0, 1 << 20))
@settings(max_examples=150, deadline=None)
def test_one_bit_of_the_certificate(bit):
    assert verdict(flipped(LEAF.certificate, bit)) is Verdict.INVALID


@given(st.integers(0, 2047), st.sampled_from(SignatureForm))
@settings(max_examples=40, deadline=None)
def test_one_bit_of_the_signature(bit, form):
    assert verdict(signature=flipped(LEAF.sign(DOCUMENT, form), bit), form=form) is Verdict.INVALID


@given(st.integers(0, 8 * len(DOCUMENT) - 1))
@settings(max_examples=20, deadline=None)
def test_one_bit_of_the_document(bit):
    assert verdict(document=flipped(DOCUMENT, bit)) is Verdict.INVALID


@given(st.integers(0, len(LEAF.certificate) - 1), st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_cut_certificate_with_noise_behind_it(size, noise):
    assert verdict(LEAF.certificate[:size] + noise) is Verdict.INVALID or (
        LEAF.certificate[:size] + noise == LEAF.certificate
    )


@given(
    st.integers(0, len(LEAF.certificate) - 1), st.integers(0, len(LEAF.certificate)), st.binary(max_size=40)
)
@settings(max_examples=80, deadline=None)
def test_a_resigned_certificate_with_noise_in_it_never_raises(start, length, noise):
    body = CA.draft().body()
    noisy = body[: start % len(body)] + noise + body[(start + length) % len(body) :]
    certificate = pki_der.sequence(
        noisy, CA.draft().outer_algorithm, pki_der.bit_string(type(LEAF)(b"", CA.key).sign(noisy))
    )
    assert verdict(certificate) in (Verdict.INVALID, Verdict.VALID)


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_noise_is_refused_by_the_reader(noise):
    for read in (outline, utf8_string):
        try:
            read(noise)
        except DerError:
            continue


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@settings(max_examples=60, deadline=None)
def test_what_the_writer_writes_the_reader_reads(text):
    assert utf8_string(pki_der.utf8(text)) == text
