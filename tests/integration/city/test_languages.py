"""A citizen chooses a language and reads it from then on; every room's texts follow."""

from govline.store import languages


def test_the_choice_holds_until_another_one(city, post, body, replies):
    def say(text):
        assert post(body.raw(body.text(text))) == 200
        assert city.settle()
        return replies()[-1]

    assert say("言葉") == "どの言葉でご案内しますか?"
    assert say("English") == "From now on you will read English."
    assert say("language") == "Which language do you want to read?"
    assert say("やさしい日本語") == "これから やさしい にほんごで はなします。"
    assert post(body.raw(body.text("マイナンバーは 123456789018 です"))) == 200
    assert city.settle()
    assert replies()[-1].startswith("マイナンバー(12この すうじ)を おくらないでください。")
    assert say("日本語") == "これからは日本語でご案内します。"
    assert say("言葉") == "どの言葉でご案内しますか?"
    assert city.read(lambda tx: languages.locales_of(tx, ["nobody"])) == {}


def test_of_very_many_citizens_only_those_asked_for_come_back(any_db):
    many = [f"{n:032x}" for n in range(20_001)]

    def work(tx):
        for who, locale in ((many[7], "en"), ("someone else", "ja-easy")):
            languages.choose(tx, who, locale)
        return languages.locales_of(tx, many)

    assert any_db.run(work) == {many[7]: "en"}
