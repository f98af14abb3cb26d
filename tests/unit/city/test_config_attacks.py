"""What a clerk may put into city.yaml by mistake."""

import pytest

from govline.city import read_config
from govline.errors import ConfigError

SECRET = "0123456789abcdef0123456789abcdef"


def refused(tmp_path, text):
    path = tmp_path / "city.yaml"
    path.write_text(f"id: hinata\nname: ひなた町\n{text}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        f"line: {{secret_env: {SECRET}}}",
        f"line: {{secret_env: [A, {SECRET}]}}",
        f"line: {{token_env: {SECRET}}}",
        f"keys_env: {SECRET}",
    ],
)
def test_a_secret_in_place_of_a_variable_s_name_is_refused_and_not_shown(tmp_path, text):
    error = refused(tmp_path, text)
    assert error.code == "GL-9002"
    assert "_env" in error.place["key"]
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    "menu", [["あ" * 301], [""], ["予約", "予約"], [str(number) for number in range(14)]]
)
def test_a_menu_that_line_could_not_show_is_refused_at_once(tmp_path, menu):
    assert refused(tmp_path, f"menu: {menu}").place["key"] == "menu"


@pytest.mark.parametrize("name", ['""', "あ" * 101])
def test_a_name_has_a_sensible_length(tmp_path, name):
    path = tmp_path / "city.yaml"
    path.write_text(f"id: hinata\nname: {name}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="GL-9002"):
        read_config(path)


@pytest.mark.parametrize(
    "raw", ["名前: 町".encode("cp932"), "id: a".encode("utf-16"), b"a: [", b"\x00", b"d: 2026-13-45"]
)
def test_what_is_no_yaml_names_a_remedy(tmp_path, raw):
    path = tmp_path / "city.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert caught.value.code in ("GL-9001", "GL-9002")
    assert caught.value.hint
