"""The section `delivery` of city.yaml."""

from datetime import time, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from govline.delivery.rules import Caps, Drift, Quiet, Rules
from govline.delivery.sources import Source

__all__ = ["DeliveryConfig"]

_CLOCK: Final = r"^([01]\d|2[0-3]):[0-5]\d$"
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
_Limit = Annotated[int | None, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CapsConfig(_Strict):
    """Upper bounds; none where omitted."""

    per_send: _Limit = None
    source_per_hour: _Limit = None
    source_per_day: _Limit = None
    citizen_per_hour: _Limit = None
    citizen_per_day: _Limit = None


class DriftConfig(_Strict):
    """How far recipients may drift between approval and send: the larger of a share and a number of people."""

    share: float = Field(default=0.05, ge=0, le=1)
    number: int = Field(default=20, ge=0)


class QuietConfig(_Strict):
    """Hours (JST, `HH:MM`) in which nothing but an emergency leaves; the town's quiet hours where omitted."""

    start: str = Field(pattern=_CLOCK)
    end: str = Field(pattern=_CLOCK)


def _by_name(selection: dict[str, Any]) -> dict[str, Any]:
    if not str(selection.get("by", "")).isidentifier():
        raise ValueError("a selection says by which name: {by: everybody}, {by: segments, filter: …}")
    return selection


class SourceConfig(_Strict):
    """A machine that may ask for deliveries; whatever does not fit is held or refused."""

    senders: list[str] = Field(min_length=1)
    selection: Annotated[dict[str, Any], AfterValidator(_by_name)]
    marks: list[str] = []
    max_age_minutes: int = Field(default=60, ge=1)
    duplicate_hours: int = Field(default=24, ge=1)
    per_hour: int = Field(default=40, ge=0)
    emergency: bool = False
    topic: str = ""
    needs_release: bool = False
    campaign: str = ""

    def build(self, name: str) -> Source:
        """The source as the pure tier takes it."""
        return Source(
            name=name,
            selection=self.selection,
            senders=self.senders,
            marks=self.marks,
            max_age=timedelta(minutes=self.max_age_minutes),
            duplicate_window=timedelta(hours=self.duplicate_hours),
            per_hour=self.per_hour,
            emergency=self.emergency,
            topic=self.topic,
            needs_release=self.needs_release,
            campaign=self.campaign,
        )


class DeliveryConfig(_Strict):
    """`topics` maps a name to its Japanese label: what citizens may opt out of. `validate_first`: ask LINE before approval."""

    caps: CapsConfig = CapsConfig()
    drift: DriftConfig = DriftConfig()
    quiet_hours: QuietConfig | None = None
    topics: dict[_Name, str] = {}
    sources: dict[_Name, SourceConfig] = {}
    validate_first: bool = False
    test_people: int = Field(default=20, ge=1, le=500)

    def rules(self) -> Rules:
        """The rules as the pure tier takes them."""
        quiet = self.quiet_hours
        return Rules(
            caps=Caps(**self.caps.model_dump()),
            drift=Drift(self.drift.share, self.drift.number),
            quiet=Quiet(time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)) if quiet else None,
            topics=self.topics,
            validate=self.validate_first,
            test_people=self.test_people,
        )
