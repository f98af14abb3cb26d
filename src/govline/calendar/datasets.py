"""What staff import and export of a calendar: its slots, its bookings, all of them or a programme's."""

from govline.calendar.booking_dataset import booking_dataset
from govline.calendar.service import Calendar
from govline.calendar.slot_dataset import slot_dataset
from govline.core import Dataset

__all__ = ["datasets"]


def datasets(calendar: Calendar) -> list[Dataset]:
    """`slots`, `bookings`, and `bookings-PROGRAMME` of each programme."""
    each = [booking_dataset(calendar, programme) for programme in sorted(calendar.programmes)]
    return [slot_dataset(calendar), booking_dataset(calendar), *each]
