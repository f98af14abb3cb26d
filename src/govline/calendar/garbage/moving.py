"""「港が丘に引っ越しました」: moving takes one message, and a tap that says yes. No address is asked for, and none is kept."""

import re
from collections.abc import Sequence
from typing import Final

from attrs import frozen

from govline.calendar.garbage.choosing import LABEL, which_area
from govline.calendar.garbage.service import Garbage
from govline.core import Input, Message, Responder, TalkContext, Transaction
from govline.core.messages import Postback, QuickReply, Text
from govline.core.text import clip, normalize

__all__ = ["Moving", "new_home"]

_TAKE: Final = "garbage:move:"
_STAY: Final = "garbage:stay"
_LONGEST: Final = 100
_MOVED: Final = re.compile(
    r"お?引っ?越し?|お?ひっこし?|転居|転入|移転|移り|移っ|うつり|うつっ|住み替え|住むことに|住み始め"
)
_CHANGED: Final = re.compile(
    r"(?:住所|住まい|家|自宅)(?:が|は|を)(?P<place>.+?)(?:に|へ)(?:変わ|かわ|なり|なっ|移|変更)"
)
_AIMED: Final = re.compile(r"(?P<place>.+?)\s?(?:に|へ|まで)\s?")
_VERB_END: Final = re.compile(
    r"(?:を?(?:し|致し|いたし))?(?:て(?:き|来)?|ちゃっ)?(?:まし)?(?:た|て|ます)?(?:ので|けど|が)?(?:先(?:は|が)?)?[、。\s!:]*"
    r"(?:(?:今度|今|いま|新しい(?:住所|地区|家)|新居|住所|地区)(?:は|が)?[、\s]*)?"
)
_SENTENCE_END: Final = re.compile(
    r"(?P<place>.*?)\s?[にへで]?\s?(?:なりました|なった|なります|(?:変わ|かわ)(?:りました|った)|(?:変え|変更し)(?:て(?:ください|下さい)|ます)"
    r"|住んで(?:い)?ます|住みます|います|いました|です|だよ|だ|でした)?[。!\s]*"
)
_FROM: Final = re.compile(r"^.*から(?:、|\s)*")
_OTHERWISE: Final = re.compile(
    r"[?]|か[。!\s]*$|手続|届|方法|どう|粗大|ごみ|ゴミ|予定|つもり|たい|たら|とき|する[前際時]|以前|前に住|業者|費用"
)
"""Who asks or plans has not moved yet."""


def new_home(text: str) -> str:
    """Where somebody says they moved to, as they said it; "" where they do not say so.

    Args:
        text: What a citizen typed; more than a hundred characters are no such message.
    """
    plain = normalize(text)
    if len(plain) > _LONGEST or _OTHERWISE.search(plain):
        return ""
    found = _MOVED.search(plain)
    if found is None:
        changed = _CHANGED.search(plain)
        return _FROM.sub("", changed["place"]).strip() if changed else ""
    before, after = plain[: found.start()], plain[found.end() :]
    aimed = _AIMED.fullmatch(before)
    if aimed is None:
        rest = _VERB_END.sub("", after, count=1)
        end = _SENTENCE_END.fullmatch(rest)
        before = (end["place"] if end else rest) or before
    return _FROM.sub("", aimed["place"] if aimed else before).strip("、。 ")


@frozen
class Moving:
    """Understands who has moved, asks whether it is so, and changes the area when they tap yes."""

    garbage: Garbage

    def responders(self) -> list[Responder]:
        """For a typed message, and for the tap that follows."""
        return [
            Responder("garbage.moved", "keyword", self.heard),
            Responder("garbage.moving", "postback", self.tapped),
        ]

    def heard(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:  # noqa: ARG002 - the contract's signature
        """The question, with one area or several; None where nobody moved to a place that is known."""
        place = new_home(said.text) if said.kind == "text" else ""
        sought = self.garbage.find_places(tx, place) if len(place) > 1 else None
        if sought is None or not sought.hits:
            return None
        warned = [Text(self._say("garbage.town_only"))] if sought.address else []
        if len(sought.areas) == 1:
            return [*warned, self._asked(sought.areas[0])]
        return [*warned, which_area(self.garbage.texts, sought, mark=_TAKE)]

    def tapped(self, tx: Transaction, context: TalkContext, said: Input) -> Sequence[Message] | None:
        """The area is changed, or left as it is; None for taps on anything else."""
        if said.kind != "postback" or not said.data.startswith((_TAKE, _STAY)):
            return None
        if said.data == _STAY:
            return [Text(self._say("garbage.not_moved"))]
        name = said.data.removeprefix(_TAKE)
        if name not in self.garbage.areas(tx):
            sought = self.garbage.find_places(tx, name)
            if len(sought.areas) != 1:
                return (
                    [which_area(self.garbage.texts, sought, mark=_TAKE)] if sought.hits else self._unknown()
                )
            name = sought.areas[0]
        self.garbage.move(tx, context.citizen, name)
        return [Text(self._say("garbage.area_saved", area=name))]

    def _asked(self, area: str) -> Text:
        buttons = (("garbage.move_yes", _TAKE + area), ("garbage.move_no", _STAY))
        quick = [
            QuickReply(Postback(clip(label, LABEL, "…"), data, label))
            for key, data in buttons
            for label in (self._say(key),)
        ]
        return Text(self._say("garbage.move_ask", area=area), quick=quick)

    def _unknown(self) -> list[Message]:
        """The button is older than the calendar."""
        return [Text(self._say("garbage.no_such_area"))]

    def _say(self, key: str, **values: str) -> str:
        return self.garbage.texts.get(key, **values)
