"""The card page inside the real web process."""

from __future__ import annotations

from fastapi.testclient import TestClient

from app.bootstrap import Application
from app.configuration import Configuration
from app.core.clock import real_now
from app.core.db import Database
from app.core.links import LinkPurpose, LinkSubject
from app.main import create_app
from app.portal.ports import PortalApplication
from app.settings import Settings
from tests.portal.factories import add_case, invoice


def test_the_real_application_serves_the_page(database: Database) -> None:

    url = database.engine.url.render_as_string(hide_password=False)
    real = Application(Settings(database_url=url, secret_keys="x" * 32), Configuration())
    as_needed: PortalApplication = real
    add_case(database, invoice(failed_at=real_now()))
    token = as_needed.links.sign(LinkPurpose.CARD, LinkSubject("cus_1", "case_1", 0))
    client = TestClient(create_app(real), follow_redirects=False)
    assert client.get(f"/card/{token}").status_code == 200
    assert client.get("/assets/portal.css").status_code == 200
    assert client.get("/card/forged").headers["content-type"].startswith("text/html")
    assert client.post(f"/card/{token}").status_code == 503  # no key, no stored address
    real.db.dispose()
