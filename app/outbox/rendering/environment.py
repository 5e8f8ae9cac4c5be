"""The templates' world: a sandbox that knows a language, a few filters and nothing else."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.outbox.rendering.inlining import InliningLoader
from app.outbox.rendering.prepare import card_brand

FILTERS = ("e", "escape", "first", "join", "length", "select", "trim")  # none that can blow up a small input
_BREAKS = re.compile(r"[ \t\r\n]+")  # not \s: a no-break space inside an amount stays


class MailEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, told that what it is given are plain dicts: a key comes before a method of that name."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@lru_cache(maxsize=32)
def environment(folder: Path, words: NullTranslations) -> MailEnvironment:
    """One environment a language, its templates compiled once and kept.

    Only `.html` escapes: subjects and text parts are not markup. Sentences are therefore made in `.txt`
    files as plain strings and escaped where a `.html` file prints them. Macros must not cross that border:
    a macro called from an escaping template is trusted as markup.
    """
    env = MailEnvironment(
        loader=InliningLoader(folder),
        autoescape=lambda name: name is None or name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
    )
    env.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters = {name: env.filters[name] for name in FILTERS}
    env.globals.update(card_brand=card_brand)
    for name in ("range", "lipsum", "cycler", "joiner", "namespace", "dict"):
        env.globals.pop(name)
    return env


def sentences(template: Template, variables: dict[str, Any]) -> dict[str, Any]:
    """What a `words.txt` sets: strings on one line each, lists of such strings without the empty ones."""
    exported = vars(template.make_module(variables))
    return {name: _one_line(value) for name, value in exported.items() if not name.startswith("_")}


def _one_line(value: Any) -> Any:
    if isinstance(value, str):
        return _BREAKS.sub(" ", value).strip()
    if isinstance(value, list):
        return [line for line in map(_one_line, value) if line]
    return value
