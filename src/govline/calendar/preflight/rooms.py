"""What can be wrong with places: pools too small, rooms without a name, slots that cover each other. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from govline.calendar.labels import when
from govline.calendar.model import Programme, SlotPlan
from govline.calendar.preflight.windows import Fault
from govline.calendar.sharing import crowded

__all__ = ["room_faults"]


def room_faults(
    programme: Programme, asked: Iterable[SlotPlan], ahead: Sequence[SlotPlan]
) -> Iterator[Fault]:
    """Places that nobody gets, pools smaller than one of their slots, rooms and parts that nobody named, slots asked for twice."""
    if ahead and not any(slot.capacity for slot in ahead):
        text = "どの枠も定員が0なので、だれも予約できません。"
        yield "GL-2214", "error", text, "capacity を1以上にする", ("capacity",)
    for number, pool in enumerate(programme.pools):
        largest = max(
            (slot.capacity for slot in ahead if not pool.slots or slot.name in pool.slots), default=0
        )
        key = ("pools", number, "capacity")
        if pool.capacity < 1:
            text = f"「{pool.name}」が0なので、だれも予約できません。"
            yield "GL-2214", "error", text, "capacity を1以上にする", key
        elif pool.per_place and pool.capacity < largest:
            text = f"「{pool.name}」({pool.capacity})は、枠一つの定員({largest})より少ないので、枠は埋まりません。"
            yield "GL-2214", "warning", text, "pools の capacity か枠の定員を直す", key
    yield from _name_faults(programme)
    yield from _same_slots(asked)
    yield from _crowded_rooms(programme, ahead)
    roomiest = max((slot.capacity for slot in ahead), default=0)
    most = programme.policy.max_party
    if roomiest and most is not None and not programme.per_group and most > roomiest:
        text = f"1回に{most}名まで予約できますが、いちばん大きい枠でも定員は{roomiest}名です。"
        yield "GL-2220", "warning", text, "max_party か定員を直す", ("policy", "max_party")


def _name_faults(programme: Programme) -> Iterator[Fault]:
    if not programme.parts:
        return
    names = {rule.name for rule in programme.rules}
    if "" in names:
        text = "部屋を分けているのに、名前のない枠があります。どの部屋か分からず、重なりも防げません。"
        yield "GL-2215", "error", text, "slots に name を書く", ("slots",)
    for whole, parts in programme.parts.items():
        for part in parts:
            if part not in names and part not in programme.parts:
                text = f"「{whole}」の部分「{part}」には枠がありません。"
                yield "GL-2215", "warning", text, "書き間違いでないか確かめる", ("parts", whole)


def _crowded_rooms(programme: Programme, ahead: Sequence[SlotPlan]) -> Iterator[Fault]:
    """Two slots of one room that both have many places."""
    two = crowded(programme, ahead)
    if two is not None:
        named = "と".join(f"{when(slot.starts)}{f' {slot.name}' if slot.name else ''}" for slot in two)
        text = f"{named}は同じ部屋を同じ時間に使い、定員がどちらも2以上です。先に1件入ると、残りの定員も予約できません。"
        yield "GL-2224", "warning", text, "一方の定員を1にするか、時間を分ける", ("slots",)


def _same_slots(asked: Iterable[SlotPlan]) -> Iterator[Fault]:
    """Two rules for one slot: only one of them can hold."""
    seen = Counter((slot.starts, slot.name) for slot in asked)
    twice = sorted(key for key, number in seen.items() if number > 1)
    if twice:
        starts, name = twice[0]
        text = f"同じ枠が重ねて書かれています({len(twice)}枠、最初は{when(starts)}{f' {name}' if name else ''})。後に書いたものだけが効きます。"
        yield "GL-2221", "warning", text, "一つにするか、name で区別する", ("slots",)
