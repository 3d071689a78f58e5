"""Every transcript is played against the real worker and database, and must go as written."""

from pathlib import Path

import pytest

from bot.database.connections import Database
from tests.conversations.runner import Story, play, rewrite, stories

HERE = Path(__file__).parent


def _named(story: Story) -> str:
    return f"{story.file.parent.name}/{story.file.stem}: {story.title}"


@pytest.mark.parametrize("story", list(stories(HERE)), ids=_named)
async def test_conversation(
    story: Story, database: Database, request: pytest.FixtureRequest
) -> None:
    played = await play(story, database)
    if request.config.getoption("--update-transcripts"):
        rewrite(story, played)
    else:
        assert played == story.script
