"""The citizen's own settings page: every declared attribute that a form can ask, as they answered it, to change or withdraw."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from govline.core import Json, Reason, Transaction
from govline.core.pages import (
    FieldKind,
    Link,
    LinkList,
    Page,
    PageField,
    PageRequest,
    Paragraph,
    Submitted,
    View,
)
from govline.core.texts import Texts
from govline.errors import InputError
from govline.segments.attributes import AttributeDef
from govline.segments.service import Segments

__all__ = ["PAGE_TEXTS", "settings_page"]

PAGE_TEXTS: Final = {
    "segments.settings": {"ja": "登録内容の変更", "en": "Your settings", "ja-easy": "とうろくを かえる"},
    "segments.settings_why": {
        "ja": "お知らせをお届けするための登録です。いつでも変更、取り消しができます。",
        "en": "We use this to send you what concerns you. You can change or withdraw it at any time.",
        "ja-easy": "おしらせを おくるための とうろくです。いつでも かえられます。",
    },
    "segments.save": {"ja": "保存する", "en": "Save", "ja-easy": "ほぞんする"},
    "segments.none": {"ja": "登録しない", "en": "No answer", "ja-easy": "こたえない"},
    "segments.saved": {"ja": "保存しました", "en": "Saved", "ja-easy": "ほぞんしました"},
    "segments.saved_text": {
        "ja": "登録内容を保存しました。",
        "en": "Your settings are saved.",
        "ja-easy": "とうろくを ほぞんしました。",
    },
    "segments.again": {"ja": "登録内容を見る", "en": "See your settings", "ja-easy": "とうろくを みる"},
    "segments.unfit": {
        "ja": "「{label}」の内容を確認してください。",
        "en": "Please check “{label}”.",
        "ja-easy": "「{label}」を もういちど みてください。",
    },
}
_KINDS: Final[Mapping[str, FieldKind]] = {
    "text": "text",
    "integer": "integer",
    "date": "date",
    "boolean": "flag",
    "choice": "choice",
    "tags": "choices",
}
_SOURCE: Final = "page"


def settings_page(segments: Segments, texts: Texts | None = None) -> Page:
    """`segments/settings`: shows and takes what the citizen has registered; a field left empty withdraws it."""
    catalogue = texts or Texts(None, PAGE_TEXTS)
    asked = [each for each in segments.attributes.declared if _askable(each)]

    def show(tx: Transaction, request: PageRequest) -> View:
        def words(key: str) -> str:
            return catalogue.get(key, request.locale)

        citizen = request.citizen or ""
        fields = [
            _field(each, segments.get(tx, citizen, each.name), words("segments.none")) for each in asked
        ]
        why = Paragraph(words("segments.settings_why"))
        return View(words("segments.settings"), [why], fields, words("segments.save"), drafts=False)

    def submit(
        tx: Transaction, request: PageRequest, values: Mapping[str, Any]
    ) -> Submitted | Sequence[Reason]:
        reasons = []
        for each in asked:
            try:
                segments.set(tx, request.citizen or "", each.name, _plain(values[each.name]), source=_SOURCE)
            except InputError as error:
                text = catalogue.get("segments.unfit", request.locale, label=each.label or each.name)
                reasons.append(Reason(error.code, text, {"field": each.name}))
        if reasons:
            return reasons
        again = LinkList([Link(catalogue.get("segments.again", request.locale), "segments/settings")])
        text = catalogue.get("segments.saved_text", request.locale)
        return Submitted(catalogue.get("segments.saved", request.locale), [Paragraph(text), again], tell=text)

    return Page("settings", catalogue.get("segments.settings"), show, submit)


def _askable(each: AttributeDef) -> bool:
    return each.type in _KINDS and (each.type != "tags" or bool(each.choices))


def _field(each: AttributeDef, value: Json, none: str) -> PageField:
    choices: Mapping[str, str] = each.choices
    if each.type == "choice":
        choices, value = {**each.choices, "": none}, value or ""
    return PageField(
        each.name, each.label or each.name, _KINDS[each.type], value=value, choices=choices, data=each.data
    )


def _plain(value: Any) -> Json:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
