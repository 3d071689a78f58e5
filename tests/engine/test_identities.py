"""Who is who, however the provider names them: by phone, by user id, by both, by another."""

from typing import Any

from tests.engine.house import NUMBER_ID, PORTFOLIO, House, message, phone, post

B1, B2, B3 = "US.1000000000000001", "US.1000000000000002", "US.1000000000000003"
OLD, NEW = phone(101), phone(102)


def moved(frm: str, to: str | None, to_bsuid: str | None = None, **more: Any) -> Any:
    system = {"type": "user_changed_number", "wa_id": to, "user_id": to_bsuid} | more
    kept = {name: value for name, value in system.items() if value}
    return {"id": f"wamid.moved.{frm}.{to}", "from": frm, "type": "system", "system": kept}


async def writers(house: House) -> list[int]:
    """Who wrote each message, by the order people were met in."""
    people = await house.values("SELECT user_id FROM inbox WHERE state = 'waiting' ORDER BY id")
    met = {user_id: n for n, user_id in enumerate(dict.fromkeys(people), start=1)}
    return [met[user_id] for user_id in people]


async def address(house: House, words: str) -> tuple[str, str]:
    """Where an answer to these words goes."""
    [found] = await house.rows(
        """SELECT r.address_kind, r.address FROM inbox i JOIN recipients r USING (user_id)
           WHERE i.payload->'text'->>'body' = $1""",
        words,
    )
    return found


async def test_somebody_without_a_phone_is_a_person(house: House) -> None:
    await house.say("hi", "again", bsuid=B1)
    assert await writers(house) == [1, 1]
    assert await address(house, "hi") == ("bsuid", B1)
    await house.settle()


async def test_a_phone_and_a_user_id_given_together_are_one_person(house: House) -> None:
    await house.receive(
        post(message("by phone", frm=OLD)),
        post(message("both", frm=OLD, bsuid=B1)),
        post(message("by id", bsuid=B1)),
    )
    assert await writers(house) == [1, 1, 1]
    await house.settle()


async def test_the_other_way_round_too(house: House) -> None:
    await house.receive(
        post(message("by id", bsuid=B1)),
        post(message("both", frm=OLD, bsuid=B1), message("by phone", frm=OLD)),
    )
    assert await writers(house) == [1, 1, 1]
    assert await address(house, "by id") == ("phone", f"+{OLD}")
    await house.settle()


async def test_a_phone_that_was_given_to_somebody_else_is_theirs_from_then_on(
    house: House,
) -> None:
    await house.receive(
        post(message("first owner", frm=OLD, bsuid=B1)),
        post(message("second owner", frm=OLD, bsuid=B2), message("second, phone", frm=OLD)),
        post(message("first, by id", bsuid=B1)),
    )
    assert await writers(house) == [1, 2, 2, 1]
    assert await address(house, "first owner") == ("bsuid", B1)
    await house.settle()


async def test_all_of_it_in_one_post_is_the_same(house: House) -> None:
    await house.receive(
        post(
            message("first", frm=OLD),
            message("first, both", frm=OLD, bsuid=B1),
            message("second", frm=OLD, bsuid=B2),
            message("second, phone", frm=OLD),
            message("first, by id", bsuid=B1),
            message("third", frm=OLD, bsuid=B3),
            message("third, phone", frm=OLD),
        )
    )
    assert await writers(house) == [1, 1, 2, 2, 1, 3, 3]
    await house.settle()


async def test_nothing_is_said_to_a_phone_that_is_somebody_elses_now(house: House) -> None:
    await house.receive(post(message("first", frm=OLD)))
    first = await house.only_person()
    await house.execute(
        """INSERT INTO user_identities (user_id, kind, scope, value)
           VALUES ($1, 'bsuid', 'another portfolio', $2)""",
        first,
        B1,
    )
    await house.receive(post(message("x", bsuid=B2)))
    await house.receive(post(message("second", frm=OLD, bsuid=B2)))
    [(where, gone)] = await house.rows(
        "SELECT address, unreachable_at IS NOT NULL FROM recipients WHERE user_id = $1", first
    )
    assert (where, gone) == ("", True)
    await house.settle()


async def test_a_changed_number_moves_the_identity_and_not_the_history(house: House) -> None:
    await house.receive(
        post(message("old", frm=OLD, bsuid=B1)),
        post(moved(OLD, NEW)),
        post(message("new", frm=NEW, bsuid=B2)),
        post(message("a stranger with the old number", frm=OLD, bsuid=B3)),
    )
    assert await writers(house) == [1, 1, 2]
    assert await address(house, "new") == ("phone", f"+{NEW}")
    kept = await house.values("SELECT reason FROM inbox WHERE kind = 'number_changed'")
    assert kept == ["number changed"]
    await house.settle()


async def test_an_old_number_without_a_user_id_is_a_strangers_after_the_move(house: House) -> None:
    await house.receive(
        post(message("old", frm=OLD, bsuid=B1), moved(OLD, NEW, B2, previous_user_id=B1)),
        post(message("by the new id", bsuid=B2), message("by the new phone", frm=NEW)),
        post(message("a stranger", frm=OLD), message("another", bsuid=B1)),
    )
    assert await writers(house) == [1, 1, 1, 2, 3]
    await house.settle()


async def test_the_order_within_one_post_counts(house: House) -> None:
    """What was said from the old number before it changed is still the same person's."""
    await house.receive(
        post(
            message("before", frm=OLD),
            moved(OLD, NEW),
            message("after", frm=NEW),
            message("a stranger", frm=OLD),
        )
    )
    assert await writers(house) == [1, 1, 2]
    await house.settle()


async def test_a_move_told_again_much_later_moves_nobody(house: House) -> None:
    await house.receive(
        post(message("old", frm=OLD)),
        post(moved(OLD, NEW)),
        post(message("a stranger", frm=OLD)),
        post(moved(OLD, NEW)),
        post(message("the stranger", frm=OLD), message("the first", frm=NEW)),
    )
    assert await writers(house) == [1, 2, 2, 1]
    await house.settle()


async def test_a_move_of_somebody_we_never_met_is_kept_aside(house: House) -> None:
    await house.receive(post(moved(OLD, NEW)))
    assert await house.rows("SELECT state, user_id FROM inbox") == [("ignored", None)]
    assert await house.value("SELECT count(*) FROM users") == 0


async def test_a_changed_user_id_keeps_the_phone(house: House) -> None:
    await house.receive(
        post(message("old", frm=OLD, bsuid=B1)),
        post(moved(OLD, None, B2, type="user_changed_user_id", previous_user_id=B1)),
        post(message("by id", bsuid=B2), message("both", frm=OLD, bsuid=B2)),
    )
    assert await writers(house) == [1, 1, 1]
    await house.settle()


async def test_a_number_that_is_not_ours_is_kept_and_meets_nobody(house: House) -> None:
    await house.receive(post(message("hi", frm=OLD), to="999"), post(moved(OLD, NEW), to="999"))
    rows = await house.rows("SELECT state, reason, user_id, channel_id FROM inbox")
    assert rows == [("ignored", "unknown number", None, None)] * 2
    assert await house.value("SELECT count(*) FROM users") == 0


async def test_the_name_they_gave_is_kept(house: House) -> None:
    contact = {"wa_id": OLD, "user_id": B1, "profile": {"name": "Amina"}}
    await house.receive(post(message("hi", frm=OLD), contacts=[contact], to=NUMBER_ID))
    assert await house.values("SELECT name FROM users") == ["Amina"]
    known = await house.rows("SELECT kind, scope, value FROM user_identities ORDER BY kind")
    assert known == [("bsuid", PORTFOLIO, B1), ("phone", "", f"+{OLD}")]
    await house.settle()
