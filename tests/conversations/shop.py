"""The shop that stories play in: small, fictional, and the same every time."""

from services import Services
from services.shopping import NewProduct, NewShop, NewVariant, NewZone


async def open_shop(do: Services, people: dict[str, int]) -> None:
    """Duka la Mfano with its people; `people` are user ids by name."""
    business = await do.businesses.register(
        owner_id=people["salma"],
        slug="duka-la-mfano",
        name="Duka la Mfano",
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
        type="shop",
        verification="approved",
    )
    await do.businesses.add_member(
        business.id, people["juma"], "manager", ("tickets",), by=people["salma"]
    )
    shop = NewShop(
        pickup_address="Mfano House, ground floor",
        max_per_line=20,
        zones=(NewZone("Nairobi", 200_00, 3_000_00), NewZone("Outside Nairobi", 450_00)),
    )
    await do.shopping.put_shop(business.id, shop)
    await _food(do, business.id)
    await _clothes(do, business.id)
    await _teas(do, business.id)


async def _food(do: Services, business: int) -> None:
    shelf = await do.shopping.put_category(business, "food", "Food", {"sw": "Vyakula"}, 1)
    await do.shopping.put_product(
        business,
        shelf,
        NewProduct(
            sku="FLOUR",
            slug="maize-flour",
            name="Maize flour 2 kg",
            price=185_00,
            compare_at_price=210_00,
            description="Finely milled, for soft ugali.",
            short_description="Soft ugali",
            tags=("unga", "ugali"),
            pictures=("flour.png",),
            variants=(NewVariant("FLOUR-2", 40),),
            low_stock_threshold=0,
        ),
    )
    await do.shopping.put_product(
        business,
        shelf,
        NewProduct(
            sku="RICE",
            slug="rice",
            name="Pishori rice 1 kg",
            price=240_00,
            description="Fragrant, from the highlands.",
            tags=("mchele",),
            pictures=("rice.png",),
            variants=(NewVariant("RICE-1", 2),),
            low_stock_threshold=0,
        ),
    )
    await do.shopping.put_product(
        business,
        shelf,
        NewProduct(
            sku="OIL",
            slug="oil",
            name="Sunflower oil 1 l",
            price=399_50,
            short_description="For frying and salads",
            variants=(NewVariant("OIL-1", 0),),
        ),
    )


async def _clothes(do: Services, business: int) -> None:
    shelf = await do.shopping.put_category(business, "clothes", "Clothes", {"sw": "Nguo"}, 2)
    sizes = ("Red M", "Red L", "Blue M", "Blue L", "Green M")
    await do.shopping.put_product(
        business,
        shelf,
        NewProduct(
            sku="SHIRT",
            slug="kitenge-shirt",
            name="Kitenge shirt",
            price=1_200_00,
            description="Sewn in Nairobi, 100 % cotton.",
            pictures=("shirt.png",),
            variants=tuple(
                NewVariant(f"SHIRT-{n}", 10 if n < 4 else 0, size, 1_350_00 if n == 3 else None)
                for n, size in enumerate(sizes, start=1)
            ),
            low_stock_threshold=0,
        ),
    )
    await do.shopping.put_product(
        business,
        shelf,
        NewProduct(
            sku="SCARF",
            slug="scarf",
            name="Cotton scarf",
            price=650_00,
            short_description="Light, for every day",
            variants=(NewVariant("SCARF-S", 7, "Sand"), NewVariant("SCARF-N", 3, "Night blue")),
            low_stock_threshold=5,
        ),
    )


async def _teas(do: Services, business: int) -> None:
    shelf = await do.shopping.put_category(business, "tea", "Tea", {"sw": "Chai"}, 3)
    places = "Kericho Limuru Nandi Kisii Meru Nyeri Murang'a Bomet Embu Kirinyaga Kiambu".split()
    for n, place in enumerate(places, start=1):
        await do.shopping.put_product(
            business,
            shelf,
            NewProduct(
                sku=f"TEA{n}",
                slug=f"tea-{n}",
                name=f"{place} tea 250 g",
                price=320_00 + n * 10_00,
                variants=(NewVariant(f"TEA{n}-1", 30),),
                low_stock_threshold=0,
            ),
        )


async def open_second_shop(do: Services, owner: int) -> None:
    """Soko la Mfano, which sells in shillings too."""
    business = await do.businesses.register(
        owner_id=owner,
        slug="soko-la-mfano",
        name="Soko la Mfano",
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
        type="shop",
        verification="approved",
    )
    shop = NewShop(pickup_address="Soko Lane 2", zones=(NewZone("Kenya", 300_00),))
    await do.shopping.put_shop(business.id, shop)
    shelf = await do.shopping.put_category(business.id, "baskets", "Baskets", {}, 1)
    basket = NewProduct(
        sku="BASKET",
        slug="basket",
        name="Sisal basket",
        price=900_00,
        variants=(NewVariant("BASKET-1", 8),),
        low_stock_threshold=0,
    )
    await do.shopping.put_product(business.id, shelf, basket)


async def open_indian_shop(do: Services, owner: int) -> None:
    """Namuna Kirana, which sells in rupees."""
    business = await do.businesses.register(
        owner_id=owner,
        slug="namuna-kirana",
        name="Namuna Kirana",
        country="IN",
        currency="INR",
        time_zone="Asia/Kolkata",
        type="shop",
        verification="approved",
    )
    shop = NewShop(pickup_address="Namuna Lane 1", max_per_line=20, cash_on_delivery=False)
    await do.shopping.put_shop(business.id, shop)
    shelf = await do.shopping.put_category(business.id, "sweets", "Sweets", {}, 1)
    ladoo = NewProduct(
        sku="LADOO",
        slug="ladoo",
        name="Besan ladoo 500 g",
        price=240_00,
        variants=(NewVariant("LADOO-500", 12),),
        low_stock_threshold=0,
    )
    await do.shopping.put_product(business.id, shelf, ladoo)
