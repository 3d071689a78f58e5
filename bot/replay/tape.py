"""Recording a turn while it is taken: only of the people chosen for it, and never in its way."""

import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, Executable, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.observe.metrics import UNRECORDED
from bot.replay.questions import ERRORS, Asked, Failure, looked_up, question, used_up
from bot.replay.recording import Outcome, Recording, Scene, packed
from bot.replay.recordings import Kept
from services.ground.transaction import Parameters, Transaction

log = structlog.get_logger()

LARGEST = 200_000  # bytes of a recording, packed


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who is recorded: a `share` (0 to 1) of the people, always the same ones."""

    share: float = 0.0
    brand: str = ""  # what the services are opened with, besides the scene

    def wants(self, user_id: int) -> bool:
        return self.share > 0 and zlib.crc32(b"%d" % user_id) < self.share * 2**32


NOBODY = Recorder()


@dataclass(slots=True)
class Tape:
    """One turn's recording under way."""

    inbox_id: int
    scene: Scene
    asked: list[Asked] = field(default_factory=list)
    lost: str | None = None  # why it cannot be kept

    def through(
        self,
        connection: AsyncConnection,
        before_change: Callable[[], Awaitable[object]],
        driver: Any,
    ) -> Transaction:
        """The turn's transaction, of which every answer is kept."""
        return _Taped(self, connection, before_change, driver)

    def lose(self, error: Exception) -> None:
        """Recording failed: the turn must not notice."""
        self.lost = type(error).__name__
        UNRECORDED.labels(self.lost).inc()
        log.warning("turn.not_recorded", inbox_id=self.inbox_id, error=str(error))

    def ended(self, outcome: Outcome) -> Kept | None:
        """The recording as it is to be written; None when it was lost."""
        if self.lost is not None:
            return None
        try:
            body = packed(Recording(self.inbox_id, self.scene, self.asked, outcome))
            if len(body) > LARGEST:
                raise TooLarge(f"{len(body)} bytes")
        except (TypeError, TooLarge) as error:
            self.lose(error)
            return None
        steps = self.scene.state, outcome.state
        return Kept.of(self.inbox_id, self.scene.person.id, *steps, body)

    def failed(self, error: BaseException) -> Kept | None:
        return self.ended(Outcome(failure=Failure.of(error)))


class TooLarge(Exception):
    """The recording of one turn is larger than is kept of any."""


class _Taped(Transaction):
    def __init__(self, tape: Tape, *rest: Any) -> None:
        super().__init__(*rest)
        self._tape = tape

    async def execute(
        self, statement: Executable, parameters: Parameters = None
    ) -> CursorResult[Any]:
        try:
            result = await super().execute(statement, parameters)
        except ERRORS as error:
            self._keep_error(statement, parameters, error)
            raise
        if self._tape.lost:
            return result
        told = used_up(result)
        self._keep(told.asked)
        return cast(CursorResult[Any], told.answer())

    async def read(
        self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
    ) -> Sequence[Any]:
        try:
            rows = await super().read(statement, parameters)
        except ERRORS as error:
            self._keep_error(statement, parameters, error)
            raise
        if not self._tape.lost:
            self._keep(lambda: looked_up(statement, parameters, rows))
        return rows

    def _keep_error(self, statement: Executable, parameters: Parameters, error: Exception) -> None:
        if not self._tape.lost:
            self._keep(lambda: Asked(question(statement, parameters), error=Failure.of(error)))

    def _keep(self, asked: Callable[[], Asked]) -> None:
        try:
            self._tape.asked.append(asked())
        except Exception as error:  # whatever it is: the turn has its answer
            self._tape.lose(error)
