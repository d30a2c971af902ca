"""Markdown of a language model to safe HTML. Nothing in it can load from another host."""

from __future__ import annotations

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "p",
    "br",
    "hr",
    "strong",
    "em",
    "del",
    "ul",
    "ol",
    "li",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "code",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("js-default", {"html": False, "linkify": False})


def render(text: str) -> SafeString:
    """Sanitised HTML: headings, lists, tables and emphasis; no images, no links, no raw HTML.

    Links are left out because a link in a model's text is an address nobody chose.
    """
    html = _parser().render(text)
    clean = nh3.clean(html, tags=TAGS, attributes={}, clean_content_tags={"script", "style"})
    # nh3 has just cleaned it.
    return mark_safe(clean)  # noqa: S308  # nosec B308 B703
