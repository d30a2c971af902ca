"""The browser fixtures notice what a page must not do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, Page

from tests.browser.conftest import Problems


def test_another_host_and_a_breach_of_the_content_policy_are_noticed(page: Page, problems: Problems) -> None:
    page.goto("/offline/")
    assert list(problems) == []
    page.evaluate("document.body.setAttribute('onclick', 'close()')")
    page.evaluate("console.error('said by the page')")
    with pytest.raises(Error):
        page.goto("http://elsewhere.invalid/x")
    assert any("Content Security Policy" in problem for problem in problems)
    assert any("said by the page" in problem for problem in problems)
    assert "request to another host: http://elsewhere.invalid/x" in problems
    problems.clear()
