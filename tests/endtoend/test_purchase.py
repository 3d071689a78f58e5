"""A person buys in chat, pays, and the business sends it: from webhook to webhook."""

import aiohttp
import pytest

from tests.endtoend.conftest import Phone, World

AMINA, BARAKA, SHOP = "+254700000010", "baraka", "+254700000001"
INDIAN_SHOP = "+12025550171"


async def fill_cart(phone: Phone, greeting: str, shop: str) -> None:
    await phone.say(greeting)
    await phone.shows(shop)
    await phone.tap(shop)
    await phone.shows("Duka Bora")
    await phone.tap("Duka Bora")
    await phone.shows("Matunda" if shop == "Duka" else "Fresh")
    await phone.say("2")
    await phone.shows("Mangoes")
    await phone.say("1")
    await phone.shows("Ksh 180")
    await phone.say("2")
    await phone.shows("Ksh 360")


async def test_a_card_order_from_hello_to_the_parcel(world: World) -> None:
    amina, shop = world.phone(AMINA), world.phone(SHOP)
    await fill_cart(amina, "hi", "Shop")
    await amina.tap("Checkout")
    await amina.shows("Mtaa Mpya")
    await amina.tap("Mtaa Mpya")
    await amina.shows("address")
    await amina.say("Plot 12, Mango Road, blue gate")
    await amina.shows("Pay by card")
    await amina.tap("Pay by card")
    link = (await amina.shows("The link is open"))["payment_link"]
    await world.post(f"/payments/{link.rpartition('/')[2]}/pay")
    await amina.shows("Paid, thank you")

    told = await shop.shows("1042")
    assert told["type"] == "template"  # the shop has not written yet: its window is closed
    await shop.tap("Accept")
    await shop.shows("Ship")
    await amina.shows("1042")
    behind = await world.behind(AMINA)
    assert [(o["number"], o["status"], o["payment"]) for o in behind["orders"]] == [
        (1042, "accepted", "paid")
    ]
    assert behind["cart"] == []


async def test_an_order_in_india_is_paid_through_phonepe(world: World) -> None:
    amina, shop = world.phone(AMINA), world.phone(INDIAN_SHOP)
    await amina.say("hi")
    await amina.shows("Shop")
    await amina.tap("Shop")
    await amina.shows("Namuna Bazaar")
    await amina.tap("Namuna Bazaar")
    await amina.shows("Larder")
    await amina.say("assam tea")
    await amina.shows("₹185")
    await amina.say("2")
    await amina.shows("₹370")
    await amina.tap("Checkout")
    await amina.shows("I pick it up")
    await amina.tap("I pick it up")
    await amina.shows("Pay by UPI or card")
    await amina.tap("Pay by UPI or card")
    link = (await amina.shows("The link is open"))["payment_link"]
    order = link.rpartition("/")[2]
    await world.post(f"/phonepe/{order}/decline")
    await world.post(f"/phonepe/{order}/pay")
    await amina.shows("Paid, thank you")
    await shop.shows("1042")


async def test_mpesa_asks_on_the_phone_until_it_is_paid(world: World) -> None:
    amina = world.phone(AMINA)
    await fill_cart(amina, "hi", "Shop")
    await amina.tap("Checkout")
    await amina.shows("I pick it up")
    await amina.tap("I pick it up")
    await amina.shows("Pay by M-Pesa")
    await amina.tap("Pay by M-Pesa")
    await amina.shows("On which number")
    await amina.say("0700 000 010")
    await amina.shows("Look at your phone")
    await world.post(f"/mpesa/{AMINA}/wrong-pin")
    await amina.shows("not the M-Pesa PIN")
    await amina.tap("Ask me again")
    await amina.shows("Look at your phone")
    await world.post(f"/mpesa/{AMINA}/pin")
    await amina.shows("Paid, thank you")


async def test_a_person_without_a_phone_number_buys_in_swahili_and_pays_at_the_door(
    world: World,
) -> None:
    baraka = world.phone(BARAKA)
    await fill_cart(baraka, "habari", "Duka")
    behind = await world.behind(BARAKA)
    assert behind["language"] == "sw"
    assert [(line["name"], line["quantity"]) for line in behind["cart"]] == [("Mangoes, 1 kg", 2)]


async def test_a_product_is_shown_with_a_picture_that_can_be_fetched(world: World) -> None:
    amina = world.phone(AMINA)
    steps = ("hi", "What can I do"), ("shop", "Duka Bora"), ("1", "Fresh"), ("2", "Mangoes")
    for words, then in steps:
        await amina.say(words)
        await amina.shows(then)
    await amina.say("1")
    url = (await amina.shows("Ksh 180"))["media"]["url"]
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
    async with aiohttp.ClientSession() as http, http.get(f"{url}x") as answer:
        assert answer.status == 404


async def test_the_way_back_from_paying_speaks_the_persons_language(world: World) -> None:
    accept = {"Accept-Language": "sw-KE,sw;q=0.9,en;q=0.8"}
    async with (
        aiohttp.ClientSession(headers=accept) as http,
        http.get(f"{world.address}/paid") as answer,
    ):
        assert answer.status == 200
        assert 'lang="sw"' in await answer.text()


@pytest.mark.parametrize("fault", ["duplicate", "reorder", "drop_200", "send_429", "send_5xx"])
async def test_a_misbehaving_world_changes_nothing_a_person_sees(world: World, fault: str) -> None:
    await world.faults(**{fault: {"probability": 1.0, "count": 3}})
    amina = world.phone(AMINA)
    await amina.say("hi")
    await amina.shows("What can I do for you?")
    await amina.tap("Shop")
    await amina.shows("Which shop would you like to visit?")
    await world.faults()
    behind = await world.behind(AMINA)
    assert behind["current_step"].startswith("shopping.")


async def test_the_greeting_says_the_brand_that_was_set(world: World) -> None:
    amina = world.phone(AMINA)
    await amina.say("hi")
    await amina.shows("I am *Soko Moja*")
