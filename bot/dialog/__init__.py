"""The pure dialog engine: steps, what a person said, where a turn leads."""

from bot.dialog.dialog import Action, Aside, Command, Dialog, Notice, Route, Sentences, Turn
from bot.dialog.reply import Choice, Link, Media, Reply, Template, Words, bubbles
from bot.dialog.said import Attachment, CartLine, NotUnderstood, Place, Said, named
from bot.dialog.session import Session, UnreadableSession
from bot.dialog.step import Again, Back, Burst, Done, Go, Next, Silence, Step

__all__ = [
    "Action",
    "Again",
    "Aside",
    "Attachment",
    "Back",
    "Burst",
    "CartLine",
    "Choice",
    "Command",
    "Dialog",
    "Done",
    "Go",
    "Link",
    "Media",
    "Next",
    "NotUnderstood",
    "Notice",
    "Place",
    "Reply",
    "Route",
    "Said",
    "Sentences",
    "Session",
    "Silence",
    "Step",
    "Template",
    "Turn",
    "UnreadableSession",
    "Words",
    "bubbles",
    "named",
]
