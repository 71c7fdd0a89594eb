"""chat.widget.bundle and .browsers: one script of many modules; how a history is erased."""

import pytest

from chat.widget.browsers import erasing
from chat.widget.bundle import NotBundled, bundle, light
from config.text import Catalog

MODULES = {
    "app": 'import { A, b } from "./other.js";\n// Why.\nconst hidden = 1;\nb(A, hidden);\n',
    "other": "const hidden = 2;\nexport class A {}\nexport async function b() {}\n",
}


def test_every_module_keeps_its_names_to_itself_and_comes_after_those_it_imports() -> None:
    script = bundle(MODULES, "app")
    assert script.index("module_other = ") < script.index("const { A, b } = module_other;")
    assert "return { A, b };" in script
    assert not any(word in script for word in ("import ", "export ", "// Why"))


@pytest.mark.parametrize(
    "modules",
    [
        {"app": 'import { A } from "./gone.js";'},
        {"app": 'import { A } from "./app.js";'},
        {"app": 'import everything from "./other.js";', "other": ""},
        {"app": "export default 1;"},
    ],
)
def test_what_is_not_understood_is_refused_at_the_start(modules: dict[str, str]) -> None:
    with pytest.raises(NotBundled):
        bundle(modules, "app")


def test_a_script_sheds_its_comment_lines_and_indentation_alone() -> None:
    assert (
        light('// Why.\nif (a) {\n  b("// not a comment");\n}\n')
        == 'if (a) {\nb("// not a comment");\n}\n'
    )


@pytest.mark.parametrize(
    ("user_agent", "key"),
    [
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "chrome_phone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "chrome"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 CriOS/140.0 Mobile/15E148 Safari/604.1", "chrome_phone"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "firefox_phone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 FxiOS/140.0 Mobile/15E148 Safari/605.1", "firefox_phone"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1", "safari_phone"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1 Version/18.0 Safari/605.1", "safari"),
        ("", "other"),
    ],
)  # fmt: skip
def test_how_to_erase_the_history_is_said_for_this_browser(user_agent: str, key: str) -> None:
    assert erasing(user_agent) == f"erase_{key}"
    assert {f"erase_{key}", f"erase_{key}_adult"} <= Catalog.load().area("chat", "fr").keys()
