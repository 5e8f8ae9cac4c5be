"""The provider's form encoding, both ways a list can be written: `a[b][0]=x` and `a[]=x`.

Worked example: `items[0][price]=p&expand[]=x` gives `{"items": [{"price": "p"}], "expand": ["x"]}`.
Values stay text; `parameters` gives them types.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from sandbox.errors import invalid

KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
PART = re.compile(r"\[([^\[\]]*)\]")
MAX_DEPTH = 12


def parse_form(text: str) -> dict[str, Any]:
    """Nested parameters from a query string or a urlencoded body."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = KEY.match(key)
        if match is None:
            raise invalid(f"Invalid parameter name: {key}", param=key)
        parts = [match.group(1), *PART.findall(match.group(2))]
        if len(parts) > MAX_DEPTH:
            raise invalid(f"Parameter nested too deeply: {parts[0]}", param=parts[0])
        _place(tree, parts, value)
    return {key: _with_lists(value) for key, value in tree.items()}


def _place(tree: dict[str, Any], parts: list[str], value: str) -> None:
    node = tree
    for part in parts[:-1]:
        name = part or str(len(node))
        child = node.setdefault(name, {})
        if not isinstance(child, dict):
            raise invalid(f"Parameter given both as a value and as a hash: {parts[0]}", param=parts[0])
        node = child
    node[parts[-1] or str(len(node))] = value


def _with_lists(node: Any) -> Any:
    """Hashes whose keys all are numbers are the lists they stand for."""
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_with_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _with_lists(value) for key, value in node.items()}
