"""Signing in with LINE, walked over HTTP with the simulator's LINE Login; and everybody who must not come in."""

from govline.store import identity


def test_a_citizen_signs_in_and_is_the_one_of_the_chat(browser, sign_in, hana, city):
    answer = sign_in(browser, hana)
    assert answer.status == 200
    assert "申込" in answer.body.decode()
    known = city.read(lambda tx: identity.find_citizen(tx, hana.user_id))
    with city.begin() as tx:
        rows = tx.connection.exec_driver_sql("SELECT hash, kind, subject FROM gl_web_session").all()
    assert [(kind, subject) for _, kind, subject in rows] == [("citizen", known)]
    assert browser.cookies["gl-hinata"] not in rows[0][0]
    assert "gl-hinata-in" not in browser.cookies
