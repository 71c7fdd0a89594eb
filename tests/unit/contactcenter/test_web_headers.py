"""The content policy: nothing but our own origin and this answer's nonce."""

from aiohttp.test_utils import make_mocked_request

from contactcenter.web.security_headers import ContentPolicy, csp_nonce


def directives(policy: ContentPolicy) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.header("N0nce").split("; ")]
    return {name: values for name, *values in parts}


def test_a_page_runs_only_our_scripts() -> None:
    found = directives(ContentPolicy())
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == ["'self'", "'nonce-N0nce'"]
    assert found["frame-ancestors"] == ["'none'"]
    assert found["base-uri"] == ["'none'"]
    assert found["require-trusted-types-for"] == ["'script'"]
    assert found["trusted-types"] == ["'none'"]
    assert "unsafe" not in ContentPolicy().header("N0nce")


def test_other_origins_are_those_named() -> None:
    policy = ContentPolicy(connect=("ws://127.0.0.1:8070",), trusted_types=("lit-html",))
    found = directives(policy)
    assert found["connect-src"] == ["'self'", "ws://127.0.0.1:8070"]
    assert found["trusted-types"] == ["lit-html"]


def test_a_nonce_is_the_same_within_an_answer_and_never_again() -> None:
    first, second = make_mocked_request("GET", "/"), make_mocked_request("GET", "/")
    assert csp_nonce(first) == csp_nonce(first)
    assert csp_nonce(first) != csp_nonce(second)
    assert len(csp_nonce(first)) >= 22
