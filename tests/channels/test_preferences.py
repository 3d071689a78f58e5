"""The provider's own switch for marketing, as a turn reads it."""

import pytest

from bot.channels.cloud_in import read


@pytest.mark.parametrize(("stated", "said"), [("stop", "stop"), ("resume", "resume"), ("?", "")])
def test_a_preference_says_stop_or_resume(stated: str, said: str) -> None:
    heard = read({"wa_id": "12025550101", "category": "marketing_messages", "value": stated})
    assert (heard.kind, heard.text) == ("marketing_preference", said)
