"""Typed reading of request parameters; a wrong value becomes the provider's 400 naming the parameter.

An empty string means "unset" in this protocol: readers give None for it, and `given` tells it apart from
a parameter that was not sent.
"""

from __future__ import annotations

from typing import Any

from sandbox.errors import invalid, missing_param

Params = dict[str, Any]


def given(params: Params, name: str) -> bool:
    return name in params


def text(params: Params, name: str, default: str | None = None) -> str | None:
    value = params.get(name, default)
    if isinstance(value, dict | list):
        raise invalid(f"Invalid string: {name}", param=name)
    return None if value in ("", None) else str(value)


def required_text(params: Params, name: str) -> str:
    value = text(params, name)
    if value is None:
        raise missing_param(name)
    return value


def integer(params: Params, name: str, default: int | None = None) -> int | None:
    value = params.get(name, default)
    if value in ("", None):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise invalid(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer") from None


def required_integer(params: Params, name: str) -> int:
    value = integer(params, name)
    if value is None:
        raise missing_param(name)
    return value


def flag(params: Params, name: str, default: bool = False) -> bool:
    value = params.get(name, default)
    if isinstance(value, bool):
        return value
    if value not in ("true", "false", ""):
        raise invalid(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def choice(params: Params, name: str, allowed: tuple[str, ...], default: str | None = None) -> str | None:
    value = text(params, name, default)
    if value is not None and value not in allowed:
        raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
    return value


def instant(params: Params, name: str, now: int) -> int | None:
    """A Unix timestamp, or the word `now`."""
    return now if params.get(name) == "now" else integer(params, name)


def mapping(params: Params, name: str) -> Params:
    """A nested hash; missing or emptied gives {}."""
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {name}", param=name)
    return value


def sequence(params: Params, name: str) -> list[Any]:
    """A list; missing or emptied gives []."""
    value = params.get(name) or []
    if not isinstance(value, list):
        raise invalid(f"Invalid array: {name}", param=name)
    return value


def merged_metadata(current: dict[str, str], params: Params) -> dict[str, str]:
    """Metadata after an update: keys merge, an empty value removes its key, an empty hash removes all."""
    if not given(params, "metadata"):
        return current
    if params["metadata"] in ("", None):
        return {}
    merged = {**current, **{key: str(value) for key, value in mapping(params, "metadata").items()}}
    return {key: value for key, value in merged.items() if value != ""}


def within(value: int, params: Params, name: str) -> bool:
    """Whether a time passes the filter `name` (a number, or a hash of gt, gte, lt, lte)."""
    wanted = params.get(name)
    if wanted in (None, ""):
        return True
    if not isinstance(wanted, dict):
        return value == required_integer(params, name)
    checks = {"gt": value.__gt__, "gte": value.__ge__, "lt": value.__lt__, "lte": value.__le__}
    for operator in wanted:
        if operator not in checks:
            raise invalid(f"Invalid filter: {name}[{operator}]", param=name)
    return all(checks[operator](required_integer(wanted, operator)) for operator in wanted)
