"""Export and erasure over the API: for admin keys, with an act that names who and why."""

from __future__ import annotations

from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.acts import OperatorAct
from app.core.auth import Scope
from tests.ops.conftest import bearer
from tests.privacy.scan import leaks

ADMIN = bearer(Scope.ADMIN)
WHO = "cus_0055"  # has an open case


def test_everything_held_is_told_and_then_forgotten(lively: TestClient, application: Application) -> None:
    told = lively.get(f"/api/customers/{WHO}/export", headers=ADMIN).json()
    assert told["held"]["customers"][0]["id"] == WHO
    assert told["held"]["cases"]

    done = lively.post(f"/api/customers/{WHO}/erase", json={"why": f"{WHO} asked"}, headers=ADMIN).json()
    assert (done["again"], done["rows"]["customers"]) == (False, 1)
    assert leaks(application.db, [WHO]) == []
    assert lively.get(f"/api/customers/{WHO}", headers=ADMIN).status_code == 404
    assert lively.get(f"/api/customers/{WHO}/export", headers=ADMIN).status_code == 404
    with application.db.read() as session:
        act = session.scalars(select(OperatorAct).where(OperatorAct.act == "person.erase")).one()
        assert (act.who, act.subject) == ("admin-key", done["pseudonym"])
        assert act.why == f"{done['pseudonym']} asked"


def test_a_second_erasure_answers_that_it_was_done_before(lively: TestClient) -> None:
    first = lively.post(f"/api/customers/{WHO}/erase", headers=ADMIN).json()
    second = lively.post(f"/api/customers/{WHO}/erase", headers=ADMIN).json()
    assert (second["again"], second["erased_at"], second["rows"]) == (True, first["erased_at"], {})


def test_of_somebody_unknown_there_is_nothing_to_tell_or_forget(lively: TestClient) -> None:
    assert lively.get("/api/customers/cus_nobody/export", headers=ADMIN).status_code == 404
    assert lively.post("/api/customers/cus_nobody/erase", headers=ADMIN).status_code == 404
