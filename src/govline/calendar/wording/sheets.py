"""What staff read where they publish a programme by its sheet."""

from typing import Final

__all__ = ["SHEET_TEXTS"]


def _said(ja: str, en: str, easy: str) -> dict[str, str]:
    return {"ja": ja, "en": en, "ja-easy": easy}


SHEET_TEXTS: Final = {
    "calendar.page.publish": _said("予約の表を公開する", "Publish a programme", "予約の 表を 出す"),
    "calendar.page.publish_why": _said(
        "予約の表(Excel)を選びます。必須は「名称」「定員」と、枠の「日付」「開始」です。まず検査だけを行い、所見を直してから公開してください。誤りのある表は公開されません。予約は消えません。",
        "Choose the sheet (Excel). Needed are 名称, 定員 and the slots' 日付 and 開始. Examine it first, mend what is found, then publish. A sheet with faults is never published; no booking is lost.",
        "Excelの 表を えらんでください。まちがいが あると 出ません。",
    ),
    "calendar.page.sheet": _said("予約の表(.xlsx)", "Sheet (.xlsx)", "表(.xlsx)"),
    "calendar.page.sheet_id": _said("予約ID", "Id", "ID"),
    "calendar.page.sheet_id_help": _said(
        "表に「予約ID」がないときだけ。英小文字、数字、-、_ で書きます。",
        "Only where the sheet has no 予約ID: small letters, digits, - and _.",
        "なければ 英語の 小さい 字で 書きます。",
    ),
    "calendar.page.sheet_deed": _said("行うこと", "What to do", "なにを する"),
    "calendar.page.sheet_check": _said("検査だけする", "Examine only", "しらべるだけ"),
    "calendar.page.sheet_publish": _said(
        "検査して、誤りがなければ公開する", "Examine, and publish it where nothing is wrong", "出す"
    ),
    "calendar.page.do_sheet": _said("表を送る", "Send the sheet", "おくる"),
    "calendar.page.sheet_examined": _said("検査しました", "Examined", "しらべました"),
    "calendar.page.sheet_refused": _said("公開していません", "Not published", "出して いません"),
    "calendar.page.sheet_done": _said("公開しました", "Published", "出しました"),
    "calendar.page.sheet_again": _said(
        "表を直して、もう一度送ってください。",
        "Mend the sheet and send it again.",
        "なおして もう いちど おくってください。",
    ),
    "calendar.page.sheet_unreadable": _said(
        "予約の表として読めません({code})。見出しの行に「日付」と「開始」があるExcelの表か、確かめてください。",
        "This cannot be read as a sheet ({code}). It needs a row of headers with 日付 and 開始.",
        "この 表は よめません({code})。",
    ),
    "calendar.page.sheet_unwritable": _said(
        "ファイルに書き込めないため、何も変えていません({code})。システムの担当者に知らせてください。",
        "The file cannot be written, and nothing has changed ({code}). Tell whoever runs the system.",
        "書けませんでした。なにも かわって いません({code})。",
    ),
    "calendar.page.sheet_next": _said(
        "まだ公開していません。よければ、同じ表を「公開する」で送ってください。",
        "Nothing is published yet. Send the same sheet once more to publish it.",
        "まだ 出て いません。",
    ),
    "calendar.page.sheet_findings": _said("所見", "Findings", "見つかった こと"),
    "calendar.page.sheet_row": _said("行", "Row", "行"),
    "calendar.page.sheet_column": _said("列", "Column", "れつ"),
    "calendar.page.sheet_finding": _said("内容", "What", "なにが"),
    "calendar.page.sheet_remedy": _said("直し方", "Remedy", "なおしかた"),
    "calendar.page.sheet_level": _said("程度", "Level", "どれくらい"),
    "calendar.page.sheet_error": _said("誤り", "error", "まちがい"),
    "calendar.page.sheet_warning": _said("注意", "warning", "ちゅうい"),
    "calendar.page.sheet_note": _said("お知らせ", "note", "おしらせ"),
    "calendar.page.sheet_added": _said("新しい枠", "New slots", "あたらしい わく"),
    "calendar.page.sheet_removed": _said("なくなる枠", "Slots that go", "なくなる わく"),
    "calendar.page.sheet_conflicts": _said(
        "新しい設定に合わない、予約のある枠", "Booked slots that do not fit", "あわない わく"
    ),
    "calendar.page.published": _said("公開した予約の表", "Published programmes", "出した 表"),
    "calendar.page.published_none": _said(
        "表で公開した予約はありません。", "Nothing has been published by a sheet.", "ありません。"
    ),
    "calendar.page.published_get": _said(
        "{programme}の表を取り出す(Excel)", "{programme}: take the sheet out (Excel)", "{programme}の 表"
    ),
    "calendar.page.take_back_why": _said(
        "最後の公開を取り消し、前の内容に戻します。予約は消えません。もう一度行うと、取り消しを取り消します。",
        "The last publication is taken back; no booking is lost. Doing it again takes that back.",
        "まえに もどします。予約は きえません。",
    ),
    "calendar.page.take_back_of": _said("取り消す予約の表", "Programme", "どの 表"),
    "calendar.page.do_take_back": _said("最後の公開を取り消す", "Take the last publication back", "もどす"),
    "calendar.page.taken_back": _said("公開を取り消しました", "Taken back", "もどしました"),
    "calendar.page.not_taken_back": _said(
        "取り消せる公開がないか、公開した枠にすでに予約があります。枠を中止するか、直した表を公開してください。",
        "There is nothing to take back, or somebody has booked already. Close the slots, or publish a corrected sheet.",
        "もう もどせません。",
    ),
}
