"""Routes and the call that a handler gets. A route names every parameter it accepts; others are refused.

The provider refuses unknown parameters too, so a misspelt one fails in a test and not in production.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.errors import unknown_param, unknown_route
from sandbox.state import Obj, State


@dataclass(frozen=True)
class Call:
    """One API call: `ids` are the variable parts of the path in order, `params` the parsed form or query."""

    state: State
    ids: tuple[str, ...]
    params: Obj

    @property
    def id(self) -> str:
        return self.ids[0]


Handler = Callable[[Call], Obj]


@dataclass(frozen=True)
class Route:
    """`path` has `{}` for each id; `accepts` lists top-level parameters, None takes any (control calls)."""

    method: str
    path: str
    handler: Handler
    accepts: frozenset[str] | None


def route(method: str, path: str, handler: Handler, accepts: str | None = "") -> Route:
    names = None if accepts is None else frozenset([*accepts.split(), "expand"])
    return Route(method, path, handler, names)


class RouteTable:
    """Finds the route of a request; refuses unknown paths, methods and parameters in the provider's shape."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(self._pattern(entry.path), entry) for entry in routes]

    @staticmethod
    def _pattern(path: str) -> re.Pattern[str]:
        return re.compile("^" + re.escape(path).replace(r"\{\}", "([^/]+)") + "/?$")

    def match(self, method: str, path: str) -> tuple[Route, tuple[str, ...]]:
        others = []
        for pattern, entry in self._routes:
            found = pattern.match(path)
            if found and entry.method == method:
                return entry, found.groups()
            if found:
                others.append(entry.method)
        raise unknown_route(method, path, others)

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Every (method, path), for documentation and tests."""
        return [(entry.method, entry.path) for _, entry in self._routes]


def refuse_unknown(entry: Route, params: Obj) -> None:
    if entry.accepts is None:
        return
    for name in params:
        if name not in entry.accepts:
            raise unknown_param(name)
