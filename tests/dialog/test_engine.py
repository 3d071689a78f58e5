"""The engine by itself: taps old and new, misses, back, facts, being away."""

from datetime import timedelta

import orjson
import pytest

from bot.dialog import Reply, Said, Session, Turn
from bot.dialog.said import Attachment
from services.ground.facts import Fact
from tests.dialog.small import NOBODY, Paid, Rain, Room, Till, dialog


class Talk:
    """One person's conversation; the session is stored and loaded between every two turns."""

    def __init__(self, session: Session | None = None) -> None:
        self.session = session
        self.seen: list[Reply] = []
        self.turn = Turn(Session(dialog.home))

    async def says(self, text: str, kind: str = "text", away: timedelta = timedelta(0)) -> str:
        return await self._take(Said(text, kind=kind), away)

    async def sends(self, caption: str, away: timedelta = timedelta(0)) -> str:
        """A picture."""
        said = Said(caption, kind="image", attachment=Attachment("image", "m1"))
        return await self._take(said, away)

    async def taps(
        self, label: str, earlier: int = 0, away: timedelta = timedelta(minutes=1)
    ) -> str:
        ids = [c.id for reply in self.seen for c in reply.choices if c.label == label]
        return await self._take(Said(label, kind="button", tapped=ids[-1 - earlier]), away)

    async def forges(self, id_: str) -> str:
        return await self._take(Said("?", kind="button", tapped=id_), timedelta(0))

    async def hears(self, fact: Fact, away: timedelta = timedelta(0)) -> str:
        return await self._take(fact, away)

    async def _take(self, heard: Said | Fact, away: timedelta) -> str:
        if self.session is None:
            self.turn = await dialog.meet(heard, NOBODY)
        else:
            self.turn = await dialog.take_turn(self.session, heard, NOBODY, away)
        self.session = dialog.load(orjson.loads(orjson.dumps(dialog.dump(self.turn.session))))
        assert self.session == self.turn.session
        self.seen += self.turn.replies
        return " / ".join(reply.text for reply in self.turn.replies)


async def begun() -> Talk:
    talk = Talk()
    assert await talk.says("anything") == "Welcome. / Which room?"
    return talk


async def test_typed_answers_are_as_good_as_taps() -> None:
    for answer in ("1", "room one", "Room One!", "rom one"):
        talk = await begun()
        assert await talk.says(answer) == "Room 1, seen 0."


async def test_a_label_of_an_action_can_be_typed_and_numbered() -> None:
    talk = await begun()
    assert await talk.says("light") == "Lamp 7 is on."
    assert await talk.says("3") == "Lamp 7 is on."


async def test_back_goes_step_by_step_to_the_start() -> None:
    talk = await begun()
    await talk.says("1")
    await talk.taps("Look")
    assert await talk.says("back") == "Room 1, seen 0."
    assert await talk.says("back") == "Which room?"
    assert await talk.says("back") == "The very start. / Which room?"


async def test_after_money_there_is_no_way_back() -> None:
    talk = await begun()
    await talk.says("1")
    assert await talk.taps("Pay") == "Held for you. / Please pay."
    assert await talk.says("back") == "No way back. / Please pay."


async def test_a_double_tap_is_one_tap() -> None:
    talk = await begun()
    await talk.taps("Room one")
    assert await talk.taps("Room one", away=timedelta(seconds=1)) == ""
    assert talk.turn.ignored == "double tap"
    assert await talk.taps("Room one") == "Done already. / Still here."


async def test_an_older_button_acts_on_what_it_showed_or_says_that_it_cannot() -> None:
    talk = await begun()
    await talk.taps("Room one")
    await talk.says("back")
    await talk.taps("Room two")
    assert await talk.taps("Look", earlier=1) == "Room 1, seen 0."
    await talk.says("back")
    await talk.taps("Pay")
    assert await talk.taps("Room one") == "Too late. / Please pay."


async def test_an_older_bubble_of_the_same_question_still_answers_it() -> None:
    talk = await begun()
    await talk.says("1")
    await talk.says("what?")
    assert await talk.taps("Look", earlier=1) == "Room 1, seen 1."


async def test_a_button_that_nobody_made_does_nothing() -> None:
    talk = await begun()
    for strange in (
        "",
        "|",
        "test.room|x|look:1",
        "test.nowhere|1|a",
        "!",
        "!nothing:1",
        "x" * 300,
    ):
        said = Said("?", kind="button", tapped=strange)
        turn = await dialog.take_turn(talk.session or talk.turn.session, said, NOBODY)
        assert turn.replies[0].text == "Too late."


async def test_the_third_miss_offers_help_and_then_counts_again() -> None:
    talk = await begun()
    for _ in range(2):
        assert (await talk.says("?!")).endswith("Which room?")
    assert await talk.says("?!") == "Lost?"
    assert (await talk.says("?!")).endswith("Which room?")


async def test_other_words_are_routed_where_the_step_lets_them_stray() -> None:
    talk = await begun()
    assert await talk.says("weather today?") == "Sunny. / Which room?"
    await talk.says("1")
    await talk.says("2")
    assert await talk.says("weather today?") == "I wait for the money. / Please pay."


async def test_free_text_is_not_taken_for_anything_else() -> None:
    talk = await begun()
    assert await talk.says("diary") == "Dear diary…"
    assert await talk.says("weather diary, 3 o'clock") == (
        "Written: weather diary, 3 o'clock / Which room?"
    )


async def test_a_picture_is_for_the_step_that_takes_it() -> None:
    talk = await begun()
    assert await talk.says("", kind="image") == ""
    assert talk.turn.ignored == "image"
    await talk.says("diary")
    assert await talk.says("", kind="image") == "Glued in. / Which room?"


async def test_a_caption_is_heard_where_the_picture_is_of_no_use() -> None:
    talk = await begun()
    assert await talk.sends("room two") == "Room 2, seen 0."
    assert await talk.sends(" ") == ""
    assert await talk.sends("diary", away=timedelta(hours=2)) == "Dear diary…"
    assert await talk.sends("my cat") == "Glued in. / Which room?"


async def test_a_fact_is_claimed_by_the_step_that_waits_for_it() -> None:
    talk = await begun()
    await talk.says("1")
    await talk.says("2")
    assert await talk.hears(Paid(user_id=1, till=2)) == "Till 2 was paid. / Please pay."
    assert await talk.hears(Paid(user_id=1, till=1)) == "Thank you. / Which room?"


async def test_a_notice_does_not_ask_again_at_home_nor_long_after() -> None:
    talk = await begun()
    assert await talk.hears(Rain(user_id=1)) == "It rains."
    await talk.says("1")
    assert await talk.hears(Rain(user_id=1)) == "It rains. / Still here."
    assert await talk.hears(Rain(user_id=1), away=timedelta(hours=2)) == "It rains."
    assert await talk.hears(Rain(user_id=1, words="")) == ""
    assert talk.turn.ignored == "nothing to say"


async def test_what_a_notice_offers_can_be_typed() -> None:
    talk = await begun()
    await talk.hears(Paid(user_id=1, till=4))
    assert await talk.says("show me") == "Lamp 4 is on."
    assert await talk.says("room two") == "Room 2, seen 0."


async def test_a_stranger_may_hear_a_fact_first() -> None:
    talk = Talk()
    assert await talk.hears(Rain(user_id=1)) == "It rains."
    assert await talk.says("1") != ""


async def test_an_unfinished_step_is_put_aside_and_taken_up_again() -> None:
    talk = await begun()
    await talk.says("1")
    await talk.taps("Look")
    assert await talk.says("hello", away=timedelta(hours=2)) == "Go on? / Which room?"
    assert await talk.taps("Go on") == "Room 1, seen 1."
    assert await talk.says("back") == "Room 1, seen 0."
    assert await talk.taps("Go on", away=timedelta(minutes=5)) == "Too late. / Still here."


@pytest.mark.parametrize("number", ["²", "٣", "9" * 5000, "-1", "1.5"])
async def test_a_button_with_a_made_up_number_is_out_of_date(number: str) -> None:
    talk = await begun()
    assert await talk.forges(f"test.door|{number}|room:1") == "Too late. / Which room?"


async def test_whoever_comes_back_with_a_wish_gets_it() -> None:
    talk = await begun()
    await talk.says("1")
    assert await talk.says("diary", away=timedelta(hours=2)) == "Dear diary…"


async def test_an_old_button_after_a_while_still_acts() -> None:
    talk = await begun()
    await talk.says("2")
    assert await talk.taps("Look", away=timedelta(days=3)) == "Room 2, seen 0."


async def test_the_way_back_has_an_end() -> None:
    talk = await begun()
    for _ in range(60):
        await talk.says("1")
        await talk.taps("Look")
    assert talk.session is not None
    assert len(talk.session.behind) <= 20


def test_steps_keep_what_they_know() -> None:
    session = Session(Room(number=3, seen=2), behind=(dialog.home, Till(number=9)))
    assert dialog.load(dialog.dump(session)) == session
