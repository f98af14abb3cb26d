"""What citizens read about bookings; a town replaces any of it with `texts:` in the feature's settings."""

from typing import Final

__all__ = ["CALENDAR_TEXTS"]

CALENDAR_TEXTS: Final = {
    "calendar.ask_slot": {"ja": "{programme}の日時をお選びください。"},
    "calendar.ask_new_slot": {"ja": "{now} からの変更です。新しい日時をお選びください。"},
    "calendar.no_slots": {"ja": "{programme}は、いま予約できる枠がありません。"},
    "calendar.no_slots_on": {"ja": "{day}に予約できる枠はありません。ほかの日時をお選びください。"},
    "calendar.not_a_slot": {"ja": "下のボタンから日時をお選びください。"},
    "calendar.free": {"ja": "残{free}"},
    "calendar.next_page": {"ja": "次の候補"},
    "calendar.first_page": {"ja": "最初の候補"},
    "calendar.pick_day": {"ja": "日付で探す"},
    "calendar.no_bookings": {"ja": "予約はありません。"},
    "calendar.your_bookings": {"ja": "ご予約の一覧です。"},
    "calendar.which_booking": {"ja": "どの予約ですか?"},
    "calendar.not_a_booking": {"ja": "下のボタンから予約をお選びください。"},
    "calendar.party": {"ja": "{label} {party}名"},
    "calendar.confirm_cancel": {"ja": "{booking} の予約を取り消しますか?"},
    "calendar.yes_cancel": {"ja": "取り消す"},
    "calendar.no_keep": {"ja": "取り消さない"},
    "calendar.reminder": {"ja": "【予約のお知らせ】{programme}のご予約は{when}です。"},
}
