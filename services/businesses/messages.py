"""What a person and the people of a business write to each other."""

from collections.abc import Sequence

from sqlalchemy import insert, select

from services.businesses.business import Message
from services.businesses.facts import BusinessAnswered, PersonAsked, SentFile
from services.businesses.tables import MessageRow
from services.businesses.telling import Telling
from services.ground.errors import NotFound


class Messages(Telling):
    """Questions and answers."""

    async def ask(
        self, user_id: int, business_id: int, words: str, files: Sequence[SentFile] = ()
    ) -> int:
        """A person asks the people of a business; returns how many are told. Raises NotFound."""
        await self.get(business_id)
        message_id = await self._write(business_id, user_id, user_id, words, files)
        told = await self._wanting(business_id, "tickets") or await self.members(business_id)
        for member in told:
            fact = PersonAsked(
                user_id=member.user_id,
                business_id=business_id,
                message_id=message_id,
                words=words,
                files=tuple(files),
            )
            await self._tell(member, fact, self._now)
        return len(told)

    async def message(self, user_id: int, message_id: int) -> Message:
        """A message the person wrote, got, or may answer for their business. Raises NotFound."""
        m = MessageRow
        row = await self._tx.row(
            select(m.id, m.business_id, m.user_id, m.written_by, m.words, m.created_at).where(
                m.id == message_id
            )
        )
        if row is None:
            raise NotFound("message")
        if row.user_id != user_id:
            await self.require_member(user_id, row.business_id)
        return Message(**row._mapping)

    async def answer(self, member_id: int, message_id: int, words: str) -> Message:
        """A member answers the person who wrote `message_id`. Raises NotFound."""
        asked = await self.message(member_id, message_id)
        await self.require_member(member_id, asked.business_id)
        written = await self._write(asked.business_id, asked.user_id, member_id, words)
        fact = BusinessAnswered(
            user_id=asked.user_id, business_id=asked.business_id, message_id=written, words=words
        )
        await self._facts.announce(self._tx, fact)
        return asked

    async def _write(
        self,
        business_id: int,
        user_id: int,
        by: int,
        words: str,
        files: Sequence[SentFile] = (),
    ) -> int:
        message = insert(MessageRow).values(
            business_id=business_id,
            user_id=user_id,
            written_by=by,
            words=words,
            files=[file.model_dump() for file in files],
            created_at=self._now,
        )
        return int(await self._tx.scalar(message.returning(MessageRow.id)))
