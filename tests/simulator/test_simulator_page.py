"""The page in a real browser: people chat, tap, pay and switch phones; nothing foreign is
fetched, nothing is too small.
"""

import shutil
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.simulator.product_side import AMINA, NUMBER_ID, Outside, asked, buttons, menu, pushed

CHROMIUM = shutil.which("chromium")
ARGS = (
    "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-quic"
).split()
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 360, "height": 740}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


class Visit:
    """A browser page that remembers what went wrong and whom it asked."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def _heard(self, kind: str, words: str) -> None:
        if kind in {"error", "warning"}:
            self.wrong.append(words)

    def phone(self, name: str) -> Any:
        return self.page.get_by_label(f"{name}'s phone", exact=True)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


async def visit(browser: Browser, outside: Outside, size: Any, path: str = "") -> Visit:
    context = await browser.new_context(viewport=size)
    visited = Visit(await context.new_page())
    await visited.page.goto(f"{outside.url}/simulator{path}")
    await expect(visited.page.locator(".place").first).to_be_attached()
    return visited


async def test_a_chat_from_the_first_chip_to_the_blue_ticks(
    outside: Outside, browser: Browser
) -> None:
    seen = await visit(browser, outside, WIDE)
    amina = seen.phone("Amina")
    await amina.get_by_role("button", name="Hi 👋").click()
    said = (await outside.product.until(outside.product.said))[0]
    assert said["text"]["body"] == "Hi 👋"
    typing = {"status": "read", "message_id": said["id"], "typing_indicator": {"type": "text"}}
    await outside.graph(f"{NUMBER_ID}/messages", {"messaging_product": "whatsapp"} | typing)
    await expect(amina.get_by_label("typing", exact=True)).to_be_visible()
    await expect(amina.get_by_role("img", name="read")).to_be_visible()
    await outside.sent(interactive=buttons("Yes", "No", words="*Bread* today, _fresh_?"))
    await expect(amina.get_by_label("typing", exact=True)).to_be_hidden()
    await expect(amina.locator("b", has_text="Bread")).to_be_visible()
    await expect(amina.locator("i", has_text="fresh")).to_be_visible()
    await outside.product.until(
        lambda: [status["status"] for status in outside.product.statuses()][-1:] == ["read"]
    )
    await amina.get_by_role("button", name="Yes").click()
    await outside.product.until(lambda: len(outside.product.said()) == 2)
    reply = outside.product.said()[1]["interactive"]["button_reply"]
    assert reply == {"id": "id:Yes", "title": "Yes"}
    assert seen.wrong == []
    assert seen.hosts == {urlsplit(outside.url).netloc}


async def test_a_list_opens_like_a_sheet_and_closes_with_escape(
    outside: Outside, browser: Browser
) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.sent(interactive=menu("Bread", "Tea"))
    seen = await visit(browser, outside, WIDE)
    amina = seen.phone("Amina")
    await amina.get_by_role("button", name="See all").click()
    await expect(amina.get_by_role("dialog")).to_be_visible()
    await seen.page.keyboard.press("Escape")
    await expect(amina.get_by_role("dialog")).to_have_count(0)
    await amina.get_by_role("button", name="See all").press("Enter")
    await amina.get_by_role("dialog").get_by_role("button", name="Tea").click()
    await outside.product.until(lambda: len(outside.product.said()) == 2)
    assert outside.product.said()[1]["interactive"]["list_reply"]["id"] == "row:Tea"
    assert seen.wrong == []


async def test_paying_inside_the_phone(outside: Outside, browser: Browser, client: Any) -> None:
    session = await client.v1.checkout.sessions.create_async(asked())
    await outside.say(AMINA, {"text": "pay"})
    link = {"name": "cta_url", "parameters": {"display_text": "Pay now", "url": session.url}}
    await outside.sent(interactive={"type": "cta_url", "body": {"text": "Pay"}, "action": link})
    seen = await visit(browser, outside, NARROW)
    await seen.phone("Amina").get_by_role("link", name="Pay now").click()
    till = seen.page.frame_locator("iframe")
    await till.get_by_role("button", name="Decline the card").click()
    await expect(till.get_by_role("alert")).to_contain_text("declined")
    await till.get_by_role("button", name="Pay USD 25.00").click()
    await expect(till.get_by_role("status")).to_contain_text("Paid")
    await till.get_by_role("button", name="Back to the chat").click()
    await expect(seen.page.locator("iframe")).to_have_count(0)
    kinds = await outside.product.until(
        lambda: (
            {event["type"] for event in outside.product.events()}
            >= {"checkout.session.completed", "payment_intent.payment_failed"}
        )
    )
    assert kinds
    assert seen.wrong == []


async def test_typing_attaching_and_a_voice_note(outside: Outside, browser: Browser) -> None:
    seen = await visit(browser, outside, WIDE)
    amina = seen.phone("Amina")
    words = amina.get_by_label("Message as Amina")
    await words.fill("two lines")
    await words.press("Shift+Enter")
    await words.press("Enter")
    await amina.get_by_role("button", name="Attach").click()
    await amina.get_by_text("A drawn photo").click()
    await amina.get_by_role("button", name="Attach").click()
    await amina.get_by_role("dialog").get_by_role("button", name="Location").click()
    await amina.get_by_text("Old Harbour").click()
    await outside.product.until(lambda: len(outside.product.said()) == 3)
    await amina.get_by_role("button", name="Record a voice note").click()
    await amina.get_by_role("button", name="Stop and send").click()
    await outside.product.until(lambda: len(outside.product.said()) == 4)
    kinds = {message["type"] for message in outside.product.said()}
    assert kinds == {"text", "image", "location", "audio"}
    await expect(amina.locator("img.photo")).to_be_visible()
    assert seen.wrong == []


async def test_a_narrow_screen_shows_one_phone_and_switches(
    outside: Outside, browser: Browser
) -> None:
    seen = await visit(browser, outside, NARROW)
    await expect(seen.phone("Amina")).to_be_visible()
    await expect(seen.phone("Pearl Shop")).to_be_hidden()
    await outside.say("12025550102", {"text": "hi"})
    await outside.sent("12025550102", text={"body": "New order"})
    await seen.page.get_by_role("button", name="Pearl Shop, 1 unread").click()
    await expect(seen.phone("Pearl Shop").get_by_text("New order")).to_be_visible()
    await expect(seen.phone("Amina")).to_be_hidden()
    await seen.page.get_by_role("button", name="Behind the scenes").click()
    await expect(seen.page.get_by_text("Behind Pearl Shop's chat")).to_be_visible()
    wide = await seen.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"]
    assert seen.wrong == []


async def test_the_prompt_of_mpesa_opens_on_the_phone_by_itself(
    outside: Outside, browser: Browser
) -> None:
    await outside.api("POST", "/people", {"name": "Zawadi", "phone": "+254700000009"}, expect=201)
    seen = await visit(browser, outside, WIDE)
    await pushed(outside, "254700000009")
    prompt = seen.phone("Zawadi").frame_locator("iframe")
    await prompt.get_by_role("button", name="Enter the PIN", exact=True).click()
    await expect(prompt.get_by_text("Paid. Thank you!")).to_be_visible()
    await prompt.get_by_role("button", name="Back to the chat").click()
    await expect(seen.phone("Zawadi").locator("iframe")).to_have_count(0)
    assert seen.wrong == []


async def test_a_person_with_only_a_username_joins_with_two_taps(
    outside: Outside, browser: Browser
) -> None:
    seen = await visit(browser, outside, WIDE)
    await seen.page.get_by_role("button", name="Add a person").click()
    await seen.page.get_by_role("menuitem", name="only a username").click()
    await seen.phone("Joy").get_by_role("button", name="Menu").click()
    said = (await outside.product.until(outside.product.said))[0]
    assert "from" not in said
    alone = await visit(browser, outside, WIDE, "#/phone/+12025550101")
    await expect(alone.phone("Amina")).to_be_visible()
    await expect(alone.phone("Joy")).to_be_hidden()
    await alone.phone("Amina").get_by_role("link", name="All phones").click()
    await expect(alone.phone("Joy")).to_be_visible()


async def test_the_drawer_sets_faults(outside: Outside, browser: Browser) -> None:
    seen = await visit(browser, outside, WIDE)
    await seen.page.get_by_label("duplicate").select_option("Next time")
    await expect(seen.page.locator(".fault.on")).to_have_count(1)
    faults = (await outside.api("GET", "/faults"))["faults"]
    assert faults["duplicate"] == {"probability": 1.0, "count": 1}
    await seen.page.get_by_role("button", name="All off").click()
    await expect(seen.page.locator(".fault.on")).to_have_count(0)
    assert (await outside.api("GET", "/faults"))["faults"]["duplicate"] == 0.0


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_everything_to_tap_is_large_enough(
    outside: Outside, browser: Browser, size: Any
) -> None:
    await outside.say(AMINA, {"text": "hi"})
    await outside.sent(interactive=buttons("Yes", "No"))
    seen = await visit(browser, outside, size)
    await expect(seen.phone("Amina").get_by_role("button", name="Yes")).to_be_visible()
    small = await seen.page.evaluate(
        """() => [...document.querySelectorAll('button, select, a, input')]
            .filter(each => each.checkVisibility())
            .map(each => [each.getBoundingClientRect(), each.outerHTML.slice(0, 80)])
            .filter(([box]) => box.width < 44 || box.height < 44)
            .map(([box, html]) => `${box.width}x${box.height} ${html}`)"""
    )
    assert small == []
