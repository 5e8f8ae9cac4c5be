"""One API call from key check to answer: replayed or executed, on its customer's timeline, with asked-for faults.

What a call announced is sent after the state's lock is released and before its answer goes out, so a caller
finds its webhooks delivered; a receiver that calls back meanwhile is served.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from sandbox import errors
from sandbox.authentication import check_key
from sandbox.catalogue import API
from sandbox.deliveries import deliver
from sandbox.expansion import expanded
from sandbox.faults import ApiFault
from sandbox.forms import parse_form
from sandbox.idempotency import StoredAnswer, fingerprint_of, keep_answer, key_in_use, stored_answer
from sandbox.parameters import sequence
from sandbox.routing import Call, refuse_unknown
from sandbox.state import API_VERSION, Obj, RequestStamp, State
from sandbox.test_clocks.walking import walk_on
from sandbox.timelines import timeline_of_call

LOST = b"sandbox-lost-answer"
V2 = "/v2/"
# Methods that change something; DELETE takes a key under /v2 only.
KEYED = {"/v1/": ("POST",), V2: ("POST", "DELETE")}
REFUSALS = {"429": errors.rate_limited, "409": errors.lock_timeout, "500": errors.provider_broken}


@dataclass(frozen=True)
class Asked:
    """An API call as it came in."""

    method: str
    path: str
    query: str
    body: bytes
    authorization: str | None
    key: str | None

    @classmethod
    def of(cls, request: Request, body: bytes) -> Asked:
        path, headers = request.url.path, request.headers
        keyed = request.method in KEYED.get(path[:4], ())
        return cls(
            request.method,
            path,
            request.url.query,
            body,
            headers.get("Authorization"),
            headers.get("Idempotency-Key") if keyed else None,
        )

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.method, self.path, self.body)


def answer_api(state: State, request: Request, body: bytes) -> Response:
    """The answer to one call, after everything it announced was sent."""
    asked = Asked.of(request, body)
    fault = state.api_faults.take(asked.method, asked.path)
    request_id = state.new_id("req")
    if fault and fault.kind in REFUSALS:
        refused = REFUSALS[fault.kind]()
        return as_response(_error_body(asked, refused), refused.status, request_id)
    try:
        with key_in_use(state, asked.key), state.lock:
            response = _executed(state, asked, request_id)
    except errors.ApiFault as problem:
        return as_response(_error_body(asked, problem), problem.status, request_id)
    deliver(state)
    walk_on(state)
    return _spoilt(response, fault, request_id) if fault else response


def _executed(state: State, asked: Asked, request_id: str) -> Response:
    key, fingerprint = asked.key, asked.fingerprint
    try:
        check_key(asked.authorization, state.api_key)
        stored = stored_answer(state, key, fingerprint) if key else None
        if stored:
            return _raw(stored.body, stored.status, stored.request_id, {"Idempotent-Replayed": "true"})
        state.request = RequestStamp(request_id, key)
        response = as_response(run(state, asked), 200, request_id)
    except errors.ApiFault as problem:
        problem.error["request_log_url"] = _log_url(state, request_id)
        response = as_response(_error_body(asked, problem), problem.status, request_id)
    finally:
        state.request = RequestStamp()
    if key:
        answer = StoredAnswer(
            fingerprint, response.status_code, bytes(response.body), request_id, state.main.now
        )
        keep_answer(state, key, answer)
    return response


def run(state: State, asked: Asked) -> Any:
    """Find the route, read its parameters, carry it out on its customer's timeline, expand the answer."""
    entry, ids = API.match(asked.method, asked.path)
    params = _parameters(asked)
    refuse_unknown(entry, params)
    with state.on(timeline_of_call(state, ids, params)):
        answer = entry.handler(Call(state, ids, params))
    return expanded(state, answer, sequence(params, "expand"))


def _parameters(asked: Asked) -> Obj:
    """Form or query; JSON in the body under /v2."""
    if asked.path.startswith(V2) and asked.body:
        try:
            return msgspec.json.decode(asked.body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise errors.invalid(f"The body is not a JSON object: {problem}") from None
    text = asked.body.decode(errors="replace")
    return parse_form(text if asked.method == "POST" else "&".join(filter(None, [asked.query, text])))


def _log_url(state: State, request_id: str) -> str:
    """Where the provider's dashboard would show the call."""
    return f"https://dashboard.stripe.com/{state.account_id}/test/workbench/logs?object={request_id}"


def _error_body(asked: Asked, problem: errors.ApiFault) -> Obj:
    return problem.v2_body if asked.path.startswith(V2) else problem.body


def as_response(content: Any, status: int, request_id: str) -> Response:
    return _raw(msgspec.json.format(msgspec.json.encode(content), indent=2), status, request_id, {})


def _raw(body: bytes, status: int, request_id: str, extra: dict[str, str]) -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": API_VERSION, **extra}
    return Response(body, status, headers=headers, media_type="application/json")


def _spoilt(response: Response, fault: ApiFault, request_id: str) -> Response:
    """The call was carried out, but its answer is late, wrong, or never arrives."""
    time.sleep(fault.seconds)
    if fault.kind == "500_after":
        return as_response(errors.provider_broken().body, 500, request_id)
    if fault.kind in ("lost_answer", "timeout"):
        response.headers[LOST.decode()] = "1"
    return response
