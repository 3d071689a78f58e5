"""Nobody is told the same over and over: two bots that talk with each other come to an end."""

from typing import Any

from bot.repeats import WITHIN
from tests.engine.house import phone
from tests.engine.outside import Outside

AMINA = phone(101)


async def converse(outside: Outside, times: int, **more: Any) -> None:
    """The same answer to as many messages; the buttons' ids are new each time, as they are."""
    person = await outside.person(AMINA)
    await outside.house.execute(
        """WITH came AS (
               INSERT INTO inbox (channel_id, provider_id, user_id, kind, payload, state, reason)
               SELECT $1, 'loop.' || gen_random_uuid(), $2, 'text', '{}', 'ignored', 'loop'
               FROM generate_series(1, $3) RETURNING id)
           INSERT INTO outbox (channel_id, user_id, inbox_id, priority, content, language)
           SELECT $1, $2, id, 0, jsonb_build_object('text', $4::text, 'choices', jsonb_build_array(
                      jsonb_build_object('id', 'x|' || id, 'label', $5::text))), 'en'
           FROM came ORDER BY id""",
        outside.house.number.id,
        person,
        times,
        more.get("words", "I did not get that."),
        more.get("label", "Menu"),
    )
    outside.house.wakeups.wake("outbox")
    await outside.done()


async def settle_books(outside: Outside) -> None:
    """What has an answer was answered."""
    await outside.house.execute(
        "UPDATE inbox SET state = 'answered', reason = NULL WHERE reason = 'loop'"
    )


async def counts(outside: Outside) -> dict[str, int]:
    rows = await outside.house.rows(
        "SELECT coalesce(reason, 'sent'), count(*) FROM outbox GROUP BY 1"
    )
    return dict(rows)


async def test_the_same_words_stop_after_twenty_times(outside: Outside) -> None:
    await outside.hello(AMINA)
    outside.start()
    await converse(outside, 25)
    assert await counts(outside) == {"sent": 20, "said too often": 5}
    await converse(outside, 3, words="Something else.")
    assert await counts(outside) == {"sent": 23, "said too often": 5}
    await settle_books(outside)


async def test_other_labels_are_other_words(outside: Outside) -> None:
    await outside.hello(AMINA)
    outside.start(most_repeats=5)
    for page in range(8):
        await converse(outside, 1, words="Here is what we have:", label=f"Page {page}")
    assert await counts(outside) == {"sent": 8}
    await settle_books(outside)


async def test_after_a_while_it_may_be_said_again(outside: Outside) -> None:
    await outside.hello(AMINA)
    outside.start(most_repeats=6)
    await converse(outside, 8)
    assert await counts(outside) == {"sent": 6, "said too often": 2}
    await outside.house.execute("UPDATE outbox SET created_at = now() - $1::interval", WITHIN)
    await converse(outside, 1)
    assert await counts(outside) == {"sent": 7, "said too often": 2}
    await settle_books(outside)


async def test_several_senders_count_together(outside: Outside) -> None:
    await outside.hello(AMINA)
    for _ in range(3):
        outside.start(most_repeats=20)
    for _ in range(10):
        await converse(outside, 3)
    assert (await counts(outside))["said too often"] >= 5
    assert (await counts(outside))["sent"] <= 25
    await settle_books(outside)


async def test_where_the_guard_is_off_everything_is_said(outside: Outside) -> None:
    await outside.hello(AMINA)
    outside.start(most_repeats=0)
    await converse(outside, 25)
    assert await counts(outside) == {"sent": 25}
    await settle_books(outside)
