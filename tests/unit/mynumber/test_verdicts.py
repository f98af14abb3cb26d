"""What a good signature gets: never VALID without revocation, and always the list of what was not looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.errors import ConfigError, InputError
from govline.mynumber import (
    JPKI,
    JPKI_TEST_CARD,
    Environment,
    Good,
    Purpose,
    RevocationStatus,
    Revoked,
    SignatureForm,
    TrustAnchors,
    Unavailable,
    Verdict,
    Verifier,
)
from govline.testing.pki import NOT_AFTER, authority, policies

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Provider:
    """Answers what it is told and remembers what it was asked."""

    name = "test"

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def check(self, query):
        self.asked.append(query)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def codes(result):
    return [reason.code for reason in result.reasons]


def test_without_a_provider_a_good_signature_is_indeterminate_and_says_so(verify, sign_ca):
    result = verify(sign_ca.issue())
    assert result.verdict is Verdict.INDETERMINATE
    assert result.reason.code == "GL-6302"
    assert result.revocation.status is RevocationStatus.NOT_CHECKED
    assert result.not_checked == (
        "revocation",
        "signing_time",
        "extended_key_usage",
        "crl_distribution_point",
        "holder",
    )
    assert result.environment is Environment.TEST


@pytest.mark.parametrize("form", SignatureForm)
def test_with_good_revocation_it_is_valid(verify, sign_ca, form):
    provider = Provider(Good(NOW - timedelta(hours=3)))
    leaf = sign_ca.issue()
    result = verify(leaf, form=form, revocation=provider)
    assert (result.verdict, result.reasons, result.reason) == (Verdict.VALID, (), None)
    assert result.revocation.as_of == NOW - timedelta(hours=3)
    assert "revocation" not in result.not_checked
    [query] = provider.asked
    assert (query.issuer, query.certificate, query.serial) == (
        sign_ca.certificate,
        leaf.certificate,
        result.serial,
    )


def test_a_login_says_that_the_challenge_was_not_checked(verify, auth_ca):
    result = verify(auth_ca.issue(), purpose=Purpose.LOGIN, revocation=Provider(Good(NOW)))
    assert result.verdict is Verdict.VALID
    assert "challenge" in result.not_checked


def test_revoked_is_invalid(verify, sign_ca):
    result = verify(sign_ca.issue(), revocation=Provider(Revoked(NOW)))
    assert (result.verdict, codes(result)) == (Verdict.INVALID, ["GL-6301"])
    assert result.revocation.status is RevocationStatus.REVOKED


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Unavailable("timeout"), "GL-6303"),
        (TimeoutError("slow"), "GL-6303"),
        (RuntimeError("bug"), "GL-6303"),
        (True, "GL-6303"),
        ("good", "GL-6303"),
        (None, "GL-6303"),
        (Good(datetime(2026, 11, 20)), "GL-6303"),
        (Good("2026-11-20T00:00:00Z"), "GL-6303"),
        (Good(NOW - timedelta(days=2, seconds=1)), "GL-6304"),
        (Good(NOW + timedelta(minutes=5, seconds=1)), "GL-6304"),
    ],
    ids=[
        "unavailable",
        "timeout",
        "raises",
        "true",
        "word",
        "none",
        "naive",
        "no datetime",
        "stale",
        "future",
    ],
)
def test_no_usable_answer_is_never_good(verify, sign_ca, answer, code):
    result = verify(sign_ca.issue(), revocation=Provider(answer))
    assert (result.verdict, codes(result)) == (Verdict.INDETERMINATE, [code])
    assert result.revocation.status is RevocationStatus.NOT_CHECKED
    assert "revocation" in result.not_checked


def test_information_made_after_the_end_of_the_certificate_says_nothing(verify, sign_ca):
    end = NOW - timedelta(days=1)
    leaf = sign_ca.issue(sign_ca.draft(not_after=end))
    late = verify(leaf, at=end - timedelta(days=1), revocation=Provider(Good(NOW)))
    assert (late.verdict, codes(late)) == (Verdict.INDETERMINATE, ["GL-6304"])
    in_time = verify(leaf, at=end - timedelta(days=1), revocation=Provider(Good(end)))
    assert in_time.verdict is Verdict.VALID


def test_a_provider_is_asked_only_about_what_is_otherwise_good(verify, sign_ca):
    provider = Provider(Good(NOW))
    verify(sign_ca.issue(), revocation=provider, signature=b"\1" * 256)
    verify(sign_ca.issue(), revocation=provider, at=NOT_AFTER + timedelta(days=1))
    assert provider.asked == []


def test_what_came_after_the_end_is_listed_as_unchecked(verify, sign_ca):
    leaf = sign_ca.issue()
    assert verify(leaf, document=b"other").not_checked[0] == "revocation"
    assert verify(leaf, at=NOT_AFTER + timedelta(days=1)).not_checked[:2] == ("signature", "revocation")
    stranger = authority(Purpose.APPLICATION, 99).issue()
    assert verify(stranger).not_checked[:4] == ("issuer", "certificate", "signature", "revocation")


def test_all_findings_of_a_step_come_at_once(verify, sign_ca):
    draft = sign_ca.draft().without("2.5.29.15").without("2.5.29.32")
    assert codes(verify(sign_ca.issue(draft), at=NOT_AFTER + timedelta(seconds=1))) == [
        "GL-6115",
        "GL-6109",
        "GL-6110",
    ]


def test_the_card_of_each_generation_finds_its_ca(verify):
    generations = [authority(Purpose.APPLICATION, number) for number in (1, 2, 3)]
    store = TrustAnchors.testing(application=[ca.certificate for ca in generations])
    found = [verify(ca.issue(), anchors=store).issuer for ca in generations]
    assert len(set(found)) == 3
    assert None not in found


def test_an_issuer_is_found_without_a_key_identifier(verify):
    generations = [authority(Purpose.APPLICATION, number) for number in (1, 2, 3)]
    store = TrustAnchors.testing(application=[ca.certificate for ca in generations])
    for ca in generations:
        assert verify(ca.issue(ca.draft().without("2.5.29.35")), anchors=store).reason.code == "GL-6302"


def test_a_test_card_needs_its_own_profile_and_never_meets_production(verify, data_folder, clock):
    ca = authority(Purpose.APPLICATION, 1, organization="JPKI-TEST")
    store = TrustAnchors.testing(application=[ca.certificate])
    leaf = ca.issue(ca.draft().replacing(policies("1.2.392.200149.8.5.1.0.20")))
    assert verify(leaf, anchors=store, profile=JPKI_TEST_CARD).reason.code == "GL-6302"
    assert codes(verify(leaf, anchors=store, profile=JPKI)) == ["GL-6110"]
    real = TrustAnchors.production([(data_folder / "jpki-ca" / "signca03.cer").read_bytes()])
    with pytest.raises(ConfigError, match="GL-6012"):
        Verifier(JPKI_TEST_CARD, real, clock=clock)
    with pytest.raises(ConfigError, match="GL-6012"):
        verify(leaf, anchors=store, profile=JPKI_TEST_CARD, purpose=Purpose.LOGIN)


@pytest.mark.parametrize("wrong", ["document", "signature", "certificate", "form", "purpose"])
def test_misuse_by_the_caller_is_an_error(anchors, clock, wrong):
    call = {
        "document": b"",
        "signature": b"",
        "certificate": b"",
        "form": SignatureForm.PKCS1_SHA256,
        "purpose": Purpose.LOGIN,
    }
    call[wrong] = "text"
    positional = [call.pop(name) for name in ("document", "signature", "certificate")]
    with pytest.raises(InputError, match="GL-6001"):
        Verifier(JPKI, anchors, clock=clock).verify_signature(*positional, **call)


def test_an_instant_that_is_none_is_the_callers_mistake(verify, sign_ca):
    with pytest.raises(InputError, match=r"GL-6001.*argument=at"):
        verify(sign_ca.issue(), at="2026-11-20")
