"""Every transcript is played against the real worker and database, and must go as written.

Its turns are recorded and taken again as well: the same is read, asked and said as then. Where
a call is made to fail, it would not fail again.
"""

from pathlib import Path

import pytest

from bot.database.connections import Database
from tests.conversations.runner import Story, play, rewrite, stories
from tests.replay.studio import other, served_by, shadow

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
        again = await shadow(database, serve=served_by(story.providers))
        assert "\n!" in story.script or other(again.turns) == []
