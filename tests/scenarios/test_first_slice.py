from app.core.db import Database
from tests.scenarios.diary import open_diary


def test_a_soft_decline_gets_mails_and_is_recovered_when_the_card_works_again(database: Database) -> None:
    with open_diary(database) as diary:
        ada = diary.sandbox.subscriber(email="ada@example.com", name="Ada Lovelace", country="GB")
        diary.until("2026-03-30T10:00:00")
        diary.sandbox.decline(ada.payment_method, "insufficient_funds", until="2026-04-09T00:00:00")
        diary.until("2026-04-20T10:00:00")
        print("\n".join(diary.story()))
        print(diary.sent(), diary.mailbox.subjects())
        print([(s.key, s.due_at, s.state, s.reason) for s in diary.steps()])
        assert diary.case().outcome == "recovered"
