"""Styles go into the markup once, when a template is loaded, so that a mail costs no CSS at all.

Mail programs drop style sheets, hence `style="..."` on every element; only what cannot be inlined (dark mode,
narrow screens) stays in the layout's own `<style>`. Each `.html` file is treated alone, so a rule that reaches
into a descendant finds it only within the same file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader

STYLE_SHEET = "_style.css"
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TOKEN = re.compile(r"<!--JX(\d+)XJ-->|JX(\d+)XJ")


class InliningLoader(FileSystemLoader):
    """Loads templates; `.html` ones come with the rules of `_style.css` in their elements."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, filename, uptodate = super().get_source(environment, template)
        if template.endswith(".html"):
            source = inline(source, (Path(self.searchpath[0]) / STYLE_SHEET).read_text("utf-8"))
        return source, filename, uptodate


def inline(source: str, css: str) -> str:
    """The template with its styles inside.

    The template's own tags would be text in wrong places to an HTML parser (a table allows none), so
    statements travel as comments and expressions as words, and come back untouched.
    """
    tags: list[str] = []

    def hide(match: re.Match[str]) -> str:
        tags.append(match.group())
        token = f"JX{len(tags) - 1}XJ"
        return token if match.group().startswith("{{") else f"<!--{token}-->"

    hidden, rules = _JINJA.sub(hide, source), _JINJA.sub(hide, css)
    if "<!doctype" in source.lower():
        whole = css_inline.CSSInliner(
            inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=rules
        )
        styled = whole.inline(hidden)
    else:
        styled = css_inline.CSSInliner(load_remote_stylesheets=False).inline_fragment(hidden, rules)
    return _TOKEN.sub(lambda match: tags[int(match.group(1) or match.group(2))], styled)
