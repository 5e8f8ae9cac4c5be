"""An offer that rests on a coupon at the provider."""

from app.core.db import Database
from tests.scenarios.diary import open_diary
from tests.scenarios.leaving import FREE_MONTH, Leaving, headline, offering


def test_an_offer_ends_at_once_when_its_coupon_is_deleted_at_the_provider(database: Database) -> None:
    """Edge case 25."""
    config = offering({"free": FREE_MONTH | {"coupon": "SPRING"}})
    with open_diary(database, config=config) as diary:
        diary.merchant.coupons.create({"id": "SPRING", "percent_off": 100, "duration": "once"})
        ada = Leaving(diary, diary.subscriber())
        assert headline(ada.press("answer", reason="too_expensive")) == "May we show you options?"
        diary.merchant.coupons.delete("SPRING")
        diary.tick()
        assert [task.kind for task in diary.tasks()] == ["offer"]
        assert "SPRING" in diary.tasks()[0].detail
        assert headline(ada.press("permit")) == "Cancel your subscription?"
        assert ada.visits()[0].refused == {"free": ["its coupon SPRING was deleted at the provider"]}
        assert ada.grants() == []
