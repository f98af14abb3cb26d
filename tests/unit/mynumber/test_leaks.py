"""Fact sheet §6, item 14: no canary of personal data in texts, errors, logs, comparisons or pickles."""

import copy
import logging
import pickle

import attrs
import pytest

from govline.errors import GovlineError
from govline.mynumber import Good
from govline.testing import pki_der as der
from govline.testing.pki import HOLDER

SERIAL = 0x5EC2E7C0DE
ADDRESS = "金糸雀町９９９"
CANARIES = ("金糸雀", "１９８７", "19870605", str(SERIAL), f"{SERIAL:x}", "319870605")
ARC = "1.2.392.200149.8.5.5"
PERSON = {
    **HOLDER,
    f"{ARC}.1": der.utf8("金糸雀　花子"),
    f"{ARC}.4": der.utf8("319870605"),
    f"{ARC}.5": der.utf8(ADDRESS),
    f"{ARC}.6": der.utf8("0" * len(ADDRESS)),
}


class Provider:
    name = "test"

    def __init__(self, error=None):
        self.error, self.query = error, None

    def check(self, query):
        self.query = query
        if self.error:
            raise self.error
        return Good(query.at)


@pytest.fixture
def leaf(sign_ca):
    return sign_ca.issue(sign_ca.draft(serial=SERIAL, holder=PERSON))


def clean(*texts):
    for text in texts:
        assert not any(canary in str(text).lower() for canary in CANARIES)


def test_results_show_nothing(verify, leaf):
    provider = Provider()
    result = verify(leaf, revocation=provider)
    assert result.holder().name == "金糸雀　花子"
    clean(repr(result), str(result), repr(result.holder()), repr(provider.query), attrs.asdict(result))
    clean(repr(result.holder().birth_date), repr(verify(leaf, document=b"x")))


def test_pickles_and_copies_forget(verify, leaf):
    result = verify(leaf, revocation=Provider())
    data = pickle.dumps(result)
    for canary in CANARIES:
        assert canary.encode() not in data
    assert leaf.certificate not in data
    assert SERIAL.to_bytes(5, "little") not in data
    for other in (pickle.loads(data), copy.deepcopy(result)):
        assert other == result
        assert other.serial is None
        with pytest.raises(GovlineError, match="GL-6401"):
            other.holder()


@pytest.mark.parametrize("attribute", sorted(PERSON))
def test_errors_name_the_attribute_and_never_its_content(verify, sign_ca, attribute):
    broken = {**PERSON, attribute: PERSON[attribute] + b"\0"}
    result = verify(sign_ca.issue(sign_ca.draft(serial=SERIAL, holder=broken)), revocation=Provider())
    with pytest.raises(GovlineError) as caught:
        result.holder()
    clean(caught.value, repr(caught.value), caught.value.place, caught.value.hint)
    assert caught.value.__cause__ is None


def test_a_failing_provider_is_logged_without_its_words(verify, leaf, caplog):
    with caplog.at_level(logging.DEBUG):
        verify(leaf, revocation=Provider(RuntimeError(f"no answer for {SERIAL} 金糸雀")))
    assert "RuntimeError" in caplog.text
    clean(caplog.text)
