"""Signed webhooks over the API: endpoints, and a test of each. For admin keys: they decide where data goes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.hooks import repository
from app.hooks.models import HookEndpoint
from app.hooks.rules.addresses import LONGEST_URL
from app.hooks.service import OLD_SECRET_FOR
from app.hooks.states import HookState, HookType
from app.ops.ports import At
from app.ops.schemas import Instant, Key, problems

router = APIRouter(prefix="/api/hooks", tags=["hooks"], dependencies=[Depends(no_store)])

Admin = Annotated[Caller, Depends(needs(Scope.ADMIN))]


class HookIn(BaseModel):
    """`events`: the types wanted; empty: every one, also those to come."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(min_length=1, max_length=LONGEST_URL)
    events: list[HookType] = Field([], max_length=len(HookType))


class HookOut(BaseModel):
    """An endpoint. `failures`: tries that failed since the last one that did not."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str = Field(description="standard, or chat: of RECLAIM_ALERT_URLS")
    url: str = Field(description="of a chat only its host")
    events: list[str]
    enabled: bool
    disabled_reason: str | None
    created_at: Instant
    tested_at: Instant | None = Field(description="the last test that was acknowledged")
    acknowledged_at: Instant | None = Field(description="the last message of any type that was")
    failures: int
    failing_since: Instant | None


class NewHookOut(HookOut):
    """`secret` verifies the signatures, and is told this once."""

    secret: str


class HooksOut(BaseModel):
    items: list[HookOut]


class SecretOut(BaseModel):
    """`secret` verifies the signatures, and is told this once. The one before signs along until then."""

    secret: str
    old_secret_until: Instant


class HookTestOut(BaseModel):
    """`acknowledged`: it answered 2xx. `status`: its answer, null without one."""

    acknowledged: bool
    message_id: str
    state: str
    status: int | None
    error: str | None


@router.get("", responses=problems())
def get_hooks(at: At, _who: Admin) -> HooksOut:
    """Every endpoint."""
    with at.db.read() as session:
        return HooksOut(items=[HookOut.model_validate(e) for e in repository.endpoints(session)])


@router.post("", status_code=201, responses=problems(422))
def post_hook(at: At, who: Admin, asked: HookIn) -> NewHookOut:
    """Tell one more address. It must be https and public; see docs/hooks.md."""
    endpoint, secret = at.hook_desk.add(asked.url, asked.events, who=who.name)
    return NewHookOut(**_shown(endpoint).model_dump(), secret=secret)


@router.delete("/{hook_id}", status_code=204, responses=problems(404, 409))
def delete_hook(at: At, who: Admin, hook_id: Key) -> Response:
    """Tell it nothing more."""
    at.hook_desk.remove(hook_id, who=who.name)
    return Response(status_code=204)


@router.post("/{hook_id}/test", responses=problems(404))
def post_hook_test(at: At, who: Admin, hook_id: Key) -> HookTestOut:
    """Send a `ping` and wait for the answer, 10 seconds at most."""
    message = at.hook_desk.test(hook_id, who=who.name)
    return HookTestOut(
        acknowledged=message.state == HookState.SENT,
        message_id=message.id,
        state=message.state,
        status=message.status,
        error=message.error,
    )


@router.post("/{hook_id}/enable", responses=problems(404))
def post_hook_enable(at: At, who: Admin, hook_id: Key) -> HookOut:
    """Tell it again after it was given up."""
    return _shown(at.hook_desk.enable(hook_id, who=who.name))


@router.post("/{hook_id}/rotate", responses=problems(404, 409))
def post_hook_rotate(at: At, who: Admin, hook_id: Key) -> SecretOut:
    """A new secret; for 24 hours the old one signs along."""
    secret = at.hook_desk.rotate(hook_id, who=who.name)
    return SecretOut(secret=secret, old_secret_until=at.clock() + OLD_SECRET_FOR)


def _shown(endpoint: HookEndpoint) -> HookOut:
    return HookOut.model_validate(endpoint)
