"""What a scenario may do with garbage days: choose the area, set the notice, say the next days. No address is ever asked."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve, frozen
from pydantic import BaseModel, ConfigDict, Field

from govline.calendar.garbage.choosing import LABEL, SHOWN, area_choice, which_area
from govline.calendar.garbage.model import HOURS, Setting
from govline.calendar.garbage.service import Garbage
from govline.calendar.labels import day_label
from govline.core import Action, ActionResult, Ask, Finished, Input, Json, TalkContext, Transaction
from govline.core.messages import Postback, QuickReply, Text
from govline.core.text import clip, normalize

__all__ = ["GarbageActions"]

_AREAS = 5
_OFF, _KINDS, _DONE = "garbage:off", "garbage:kinds", "garbage:done"


class _Args(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AreaArgs(_Args):
    """`words`: what the citizen already said of their area, so that the first question can be a choice."""

    words: str = ""


class NoArgs(_Args):
    """Nothing to say."""


class NextArgs(_Args):
    """`days`: how far ahead."""

    days: int = Field(default=14, ge=1, le=62)


class PickupArgs(_Args):
    """`most`: how many days to say for each area."""

    most: int = Field(default=3, ge=1, le=10)


@frozen
class GarbageActions:
    """The actions over one town's garbage days."""

    garbage: Garbage

    def all(self) -> list[Action]:
        """Every action, for `Offers.actions`."""
        return [
            Action("garbage.choose_area", AreaArgs, {"ok", "none"}, self.choose, resume=self.chosen),
            Action("garbage.add_area", AreaArgs, {"ok", "none"}, self.add, resume=self.added),
            Action("garbage.remove_area", NoArgs, {"ok", "none"}, self.remove, resume=self.removed),
            Action("garbage.settings", NoArgs, {"ok", "none"}, self.settings, resume=self.set),
            Action("garbage.next", NextArgs, {"ok", "none"}, self.next),
            Action("garbage.pickups", PickupArgs, {"ok", "none"}, self.pickups),
        ]

    # --- the area ---

    def choose(self, tx: Transaction, context: TalkContext, args: AreaArgs) -> ActionResult:
        """Ask for the area: all of them as buttons when they are few, else a few typed characters."""
        return self._ask_area(tx, args.words, lambda area: self._moved(tx, context, area))

    def chosen(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """A tapped area is taken, typed words narrow the list."""
        return self._narrow(tx, said, lambda area: self._moved(tx, context, area))

    def add(self, tx: Transaction, context: TalkContext, args: AreaArgs) -> ActionResult:
        """Ask for one more area (parents' house, a shop); the others stay."""
        if len(self.garbage.settings(tx, context.citizen)) >= _AREAS:
            return Finished("none", messages=[Text(self._say("garbage.areas_full", count=_AREAS))])
        return self._ask_area(tx, args.words, lambda area: self._added(tx, context, area))

    def added(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """A tapped area is added, typed words narrow the list."""
        return self._narrow(tx, said, lambda area: self._added(tx, context, area))

    def remove(self, tx: Transaction, context: TalkContext, args: NoArgs) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """Ask which of the citizen's areas to take away."""
        mine = [setting.area for setting in self.garbage.settings(tx, context.citizen)]
        return (
            Ask([self._choice("garbage.which_to_remove", mine)], {})
            if mine
            else self._end("none", "garbage.no_area")
        )

    def removed(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """The area that was named is taken away; anything else asks again."""
        wanted = normalize(_words(said))
        mine = [setting.area for setting in self.garbage.settings(tx, context.citizen)]
        area = next((each for each in mine if normalize(each) == wanted), None)
        if area is None:
            return self.remove(tx, context, NoArgs())
        self.garbage.remove(tx, context.citizen, area)
        return Finished("ok", {"area": area}, [Text(self._say("garbage.area_removed", area=area))])

    def _ask_area(self, tx: Transaction, words: str, take: Callable[[str], Finished]) -> ActionResult:
        names = self.garbage.areas(tx)
        if not names:
            return self._end("none", "garbage.no_calendar")
        if words:
            return self._narrow(tx, Input("text", words), take)
        towns = self.garbage.has_towns(tx)
        if len(names) <= SHOWN:
            return Ask([self._choice("garbage.ask_town" if towns else "garbage.which_area", names)], {})
        return Ask([Text(self._say("garbage.ask_town" if towns else "garbage.ask_area"))], {})

    def _narrow(self, tx: Transaction, said: Input, take: Callable[[str], Finished]) -> ActionResult:
        """What was typed may be a postcode or an address: it is neither said again nor kept, only the area that came of it."""
        if said.kind == "postback" and said.data in self.garbage.areas(tx):
            return take(said.data)
        sought = self.garbage.find_places(tx, _words(said))
        warned = [Text(self._say("garbage.town_only"))] if sought.address else []
        if len(sought.areas) == 1:
            done = take(sought.areas[0])
            return evolve(done, messages=[*warned, *done.messages], heard=sought.areas[0])
        if not sought.hits:
            return Ask([*warned, Text(self._say("garbage.no_such_area"))], {}, heard="")
        return Ask([*warned, which_area(self.garbage.texts, sought)], {}, heard="")

    def _moved(self, tx: Transaction, context: TalkContext, area: str) -> Finished:
        self.garbage.move(tx, context.citizen, area)
        return Finished("ok", {"area": area}, [Text(self._say("garbage.area_saved", area=area))])

    def _added(self, tx: Transaction, context: TalkContext, area: str) -> Finished:
        mine = self.garbage.settings(tx, context.citizen)
        if area not in [setting.area for setting in mine]:
            new = evolve(mine[0], area=area) if mine else Setting(area)
            self.garbage.save(tx, context.citizen, self.garbage.hours.fitting(new))
        areas = "・".join(dict.fromkeys([*(setting.area for setting in mine), area]))
        return Finished("ok", {"area": area}, [Text(self._say("garbage.area_added", area=area, areas=areas))])

    def _choice(self, lead: str, names: Sequence[str]) -> Text:
        return area_choice(self.garbage.texts, lead, names)

    # --- the notice ---

    def settings(self, tx: Transaction, context: TalkContext, args: NoArgs) -> ActionResult:  # noqa: ARG002 - the contract's signature
        """Ask when to tell, or what; for the citizen's first area, all areas follow."""
        mine = self.garbage.settings(tx, context.citizen)
        if not mine:
            return self._end("none", "garbage.no_area")
        return self._ask_time(mine)

    def set(self, tx: Transaction, context: TalkContext, state: Json, said: Input) -> ActionResult:
        """A time, off, or the kinds; typed labels count like taps."""
        mine = self.garbage.settings(tx, context.citizen)
        if not mine:
            return self._end("none", "garbage.no_area")
        choice = self._meant(tx, said)
        if state.get("stage") == "kinds":
            return self._toggle(tx, context, mine, choice)
        if choice == _KINDS:
            return self._ask_kinds(tx, context)
        changed = _with_time(mine[0], choice)
        if changed is None:
            return self._ask_time(mine)
        if changed.enabled and not self.garbage.hours.allows(changed):
            refused = self._say("garbage.quiet", time=self._time(changed.days_before, changed.hour))
            asked = self._ask_time(mine)
            return evolve(asked, messages=[Text(refused), *asked.messages])
        for setting in mine:
            self.garbage.save(tx, context.citizen, evolve(changed, area=setting.area))
        return self._saved(changed)

    def _ask_time(self, mine: Sequence[Setting]) -> Ask:
        times = [QuickReply(Postback(*self._button(key, label))) for key, label in self._times()]
        areas = "・".join(setting.area for setting in mine)
        return Ask([Text(self._say("garbage.ask_time", area=areas, now=self._now(mine[0])), quick=times)], {})

    def _ask_kinds(self, tx: Transaction, context: TalkContext) -> Ask:
        muted = set(self.garbage.wishes(tx, context.citizen).muted)
        kinds = self.garbage.kinds(tx)
        lines = [f"{'□' if kind in muted else '☑'} {kind}" for kind in kinds]
        quick = [QuickReply(Postback(clip(kind, LABEL, "…"), kind, kind)) for kind in kinds[:SHOWN]]
        quick.append(QuickReply(Postback(*self._button(_DONE, self._say("garbage.done")))))
        return Ask(
            [Text(self._say("garbage.ask_kinds", kinds="\n".join(lines)), quick=quick)], {"stage": "kinds"}
        )

    def _toggle(
        self, tx: Transaction, context: TalkContext, mine: Sequence[Setting], choice: str
    ) -> ActionResult:
        if choice == _DONE:
            return self._saved(mine[0])
        if choice in self.garbage.kinds(tx):
            muted = self.garbage.muted(tx, context.citizen)
            self.garbage.mute(tx, context.citizen, choice, muted=choice not in muted)
        return self._ask_kinds(tx, context)

    def _saved(self, setting: Setting) -> Finished:
        now = self._now(setting)
        value = {"enabled": setting.enabled, "days_before": setting.days_before, "hour": setting.hour}
        return Finished("ok", value, [Text(self._say("garbage.time_saved", now=now))])

    def _times(self) -> list[tuple[str, str]]:
        hours = self.garbage.hours
        return [
            *(
                (_time_key(lead, hour), self._time(lead, hour))
                for lead in (1, 0)
                for hour in hours.offered(lead)
            ),
            (_KINDS, self._say("garbage.choose_kinds")),
            (_OFF, self._say("garbage.off")),
        ]

    def _meant(self, tx: Transaction, said: Input) -> str:
        if said.kind == "postback":
            return said.data
        labels = {
            self._time(lead, hour): _time_key(lead, hour) for lead, span in HOURS.items() for hour in span
        }
        labels |= {label: key for key, label in self._times()}
        labels[self._say("garbage.done")] = _DONE
        words = normalize(said.text)
        return labels.get(
            words, next((kind for kind in self.garbage.kinds(tx) if normalize(kind) == words), "")
        )

    def _now(self, setting: Setting) -> str:
        if not setting.enabled:
            return self._say("garbage.is_off")
        return self._time(setting.days_before, self.garbage.hours.fitting(setting).hour)

    def _time(self, lead: int, hour: int) -> str:
        return self._say("garbage.evening" if lead else "garbage.morning", hour=hour)

    # --- the next days ---

    def next(self, tx: Transaction, context: TalkContext, args: NextArgs) -> ActionResult:
        """Say the next collection days of the citizen's areas."""
        mine = self.garbage.settings(tx, context.citizen)
        if not mine:
            return self._end("none", "garbage.no_area")
        texts = [self._days_of(tx, setting.area, args.days, context.locale) for setting in mine[:5]]
        return Finished("ok", [setting.area for setting in mine], texts)

    def _days_of(self, tx: Transaction, area: str, days: int, locale: str) -> Text:
        found = self.garbage.next_days(tx, area, days=days)
        if not found:
            return Text(self._say("garbage.no_days", area=area, days=days))
        lines = [f"{day_label(each.day, locale)} {'・'.join(each.kinds)}" for each in found]
        return Text("\n".join([self._say("garbage.next_days", area=area), *lines]))

    def pickups(self, tx: Transaction, context: TalkContext, args: PickupArgs) -> ActionResult:
        """Say the next pickup days of bulky waste in the citizen's areas, and by when to apply for each."""
        mine = self.garbage.settings(tx, context.citizen)
        if not mine:
            return self._end("none", "garbage.no_area")
        texts = [self._pickups_of(tx, setting.area, args.most, context.locale) for setting in mine[:5]]
        return Finished("ok", [setting.area for setting in mine], texts)

    def _pickups_of(self, tx: Transaction, area: str, most: int, locale: str) -> Text:
        found = self.garbage.pickups(tx, area, most=most)
        how = self.garbage.bulky.how
        apply = [self._say("garbage.apply", how=how)] if how else []
        if not found:
            return Text("\n".join([self._say("garbage.no_pickups", area=area), *apply]))
        lines = [
            self._say("garbage.pickup", day=day_label(each.day, locale), kinds="・".join(each.kinds))
            + (self._say("garbage.apply_by", day=day_label(each.apply_by, locale)) if each.apply_by else "")
            for each in found
        ]
        return Text("\n".join([self._say("garbage.pickups", area=area), *lines, *apply]))

    # --- words ---

    def _say(self, key: str, **values: Any) -> str:
        return self.garbage.texts.get(key, **values)

    def _button(self, data: str, label: str) -> tuple[str, str, str]:
        return clip(label, LABEL, "…"), data, label

    def _end(self, outcome: str, key: str) -> Finished:
        return Finished(outcome, messages=[Text(self._say(key))])


def _with_time(setting: Setting, choice: str) -> Setting | None:
    if choice == _OFF:
        return evolve(setting, enabled=False)
    for lead, span in HOURS.items():
        for hour in span:
            if choice == _time_key(lead, hour):
                return evolve(setting, enabled=True, days_before=lead, hour=hour)
    return None


def _time_key(lead: int, hour: int) -> str:
    return f"garbage:{lead}:{hour}"


def _words(said: Input) -> str:
    return said.data if said.kind == "postback" else said.text
