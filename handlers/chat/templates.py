"""The approved templates this product uses, as they are registered with the provider.

They say the same as the bubble they replace, for people whose 24-hour window is closed.
The buttons are quick replies and carry the ids of the bubble's own buttons, in order.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Approved:
    """`body` holds {{1}}, {{2}}, … for the parameters, none first or last: Meta refuses those;
    `buttons` are quick replies."""

    name: str
    language: str
    body: str
    buttons: tuple[str, ...] = ()
    category: str = "UTILITY"


TEMPLATES: tuple[Approved, ...] = (
    Approved(
        "order_new",
        "en",
        "New order {{1}}: {{2}}. Total {{3}}.",
        ("Accept", "Cancel the order", "Show the order"),
    ),
    Approved(
        "order_new",
        "sw",
        "Oda mpya {{1}}: {{2}}. Jumla {{3}}.",
        ("Kubali", "Ghairi oda", "Onyesha oda"),
    ),
    Approved(
        "order_update",
        "en",
        "News of your order: {{1}} Tap below to see all of it.",
        ("Show the order",),
    ),
    Approved(
        "order_update",
        "sw",
        "Habari za oda yako: {{1}} Gusa hapa chini uione yote.",
        ("Onyesha oda",),
    ),
    Approved(
        "payment_link",
        "en",
        "Order {{1}} waits for its payment of {{2}}. You can pay here: {{3}} Thank you!",
    ),
    Approved(
        "payment_link",
        "sw",
        "Oda {{1}} inasubiri malipo ya {{2}}. Unaweza kulipa hapa: {{3}} Asante!",
    ),
    Approved("order_paid", "en", "Your payment of {{2}} for order {{1}} has arrived. Thank you!"),
    Approved("order_paid", "sw", "Malipo yako ya {{2}} kwa oda {{1}} yamefika. Asante!"),
    Approved(
        "order_lapsed",
        "en",
        "Order {{1}} is not paid, so nothing is held for you any more. Nothing was charged."
        " Would you like a fresh link?",
        ("Fresh link", "Show the order"),
    ),
    Approved(
        "order_lapsed",
        "sw",
        "Oda {{1}} haijalipwa, kwa hivyo hakuna kilichowekwa kwa ajili yako tena."
        " Hukutozwa chochote. Ungependa kiungo kipya?",
        ("Kiungo kipya", "Onyesha oda"),
    ),
    Approved(
        "transfer_news",
        "en",
        "News of your transfer: {{1}} Tap below to send a photo of the receipt.",
        ("Send a photo", "Show the order"),
    ),
    Approved(
        "transfer_news",
        "sw",
        "Habari za uhamisho wako: {{1}} Gusa hapa chini kutuma picha ya risiti.",
        ("Tuma picha", "Onyesha oda"),
    ),
    Approved(
        "transfer_shown",
        "en",
        "A photo of a transfer has come: {{1}} Tap below to say so.",
        ("It is there", "It is not there", "Show the order"),
    ),
    Approved(
        "transfer_shown",
        "sw",
        "Picha ya uhamisho imekuja: {{1}} Gusa hapa chini kujibu.",
        ("Zipo", "Hazipo", "Onyesha oda"),
    ),
    Approved(
        "question_new",
        "en",
        "A question from {{1}} to {{2}}: {{3}} Tap below to reply.",
        ("Reply",),
    ),
    Approved(
        "question_new",
        "sw",
        "Swali kutoka kwa {{1}} kwa {{2}}: {{3}} Gusa hapa chini kujibu.",
        ("Jibu",),
    ),
    Approved(
        "question_answered",
        "en",
        "The answer of {{1}} to your question: {{2}} Tap below to reply.",
        ("Reply",),
    ),
    Approved(
        "question_answered",
        "sw",
        "Jibu la {{1}} kwa swali lako: {{2}} Gusa hapa chini kujibu.",
        ("Jibu",),
    ),
    Approved(
        "dispute_news",
        "en",
        "News of a disputed payment: {{1}} Tap below to see the order.",
        ("Show the order",),
    ),
    Approved(
        "dispute_news",
        "sw",
        "Habari za malipo yanayopingwa: {{1}} Gusa hapa chini uione oda.",
        ("Onyesha oda",),
    ),
    Approved(
        "refund_request",
        "en",
        "A refund waits for your word: {{1}} Tap below to decide.",
        ("Give it back", "Decline", "Show the order"),
    ),
    Approved(
        "refund_request",
        "sw",
        "Kurudisha pesa kunasubiri neno lako: {{1}} Gusa hapa chini kuamua.",
        ("Rudisha", "Kataa", "Onyesha oda"),
    ),
    Approved(
        "return_asked",
        "en",
        "A return waits for your word: {{1}} Tap below to decide.",
        ("Accept", "Decline", "Show the order"),
    ),
    Approved(
        "return_asked",
        "sw",
        "Kurudisha bidhaa kunasubiri neno lako: {{1}} Gusa hapa chini kuamua.",
        ("Kubali", "Kataa", "Onyesha oda"),
    ),
    Approved(
        "review_ask",
        "en",
        "How do you like what you ordered, {{1}}? A few stars help others to choose.",
        ("Very bad", "Not good", "All right", "Good", "Very good", "Not now"),
    ),
    Approved(
        "review_ask",
        "sw",
        "Umependaje ulichoagiza, {{1}}? Nyota chache husaidia wengine kuchagua.",
        ("Mbaya sana", "Si nzuri", "Inaridhisha", "Nzuri", "Nzuri sana", "Si sasa"),
    ),
    Approved(
        "review_ask_several",
        "en",
        "How do you like what you ordered: {{1}}? A few stars help others to choose.",
        ("Rate it", "Not now"),
    ),
    Approved(
        "review_ask_several",
        "sw",
        "Umependaje ulivyoagiza: {{1}}? Nyota chache husaidia wengine kuchagua.",
        ("Toa nyota", "Si sasa"),
    ),
    Approved(
        "review_refused",
        "en",
        "Your review of {{1}} is not published. The reason: {{2}}. You can write it anew.",
        ("Write it anew",),
    ),
    Approved(
        "review_refused",
        "sw",
        "Maoni yako kuhusu {{1}} hayakuchapishwa. Sababu: {{2}}. Unaweza kuyaandika upya.",
        ("Andika upya",),
    ),
    Approved(
        "review_new",
        "en",
        "A new review: {{1}} Tap below to decide.",
        ("Publish", "Refuse"),
    ),
    Approved(
        "review_new",
        "sw",
        "Maoni mapya: {{1}} Gusa hapa chini kuamua.",
        ("Chapisha", "Kataa"),
    ),
    Approved(
        "back_in_stock",
        "en",
        "What you waited for is back: {{1}}. One is held for you until {{2}}. Tap below to have"
        " it.",
        ("Put it in my cart", "Let it go"),
    ),
    Approved(
        "back_in_stock",
        "sw",
        "Ulichokisubiri kimerudi: {{1}}. Kimoja kimewekwa kwa ajili yako hadi {{2}}. Gusa hapa"
        " chini ukipate.",
        ("Weka kikapuni", "Mwachie mwingine"),
    ),
    Approved(
        "business_approved",
        "en",
        "Good news: {{1}} is verified. Customers see it from now on and can buy.",
        ("My business",),
    ),
    Approved(
        "business_approved",
        "sw",
        "Habari njema: {{1}} imethibitishwa. Kuanzia sasa wateja wanaiona na wanaweza kununua.",
        ("Biashara yangu",),
    ),
    Approved(
        "business_refused",
        "en",
        "About your shop {{1}}: it could not be verified. {{2}} You can send other papers any"
        " time.",
        ("Send papers",),
    ),
    Approved(
        "business_refused",
        "sw",
        "Kuhusu duka lako {{1}}: halikuweza kuthibitishwa. {{2}} Unaweza kutuma hati nyingine"
        " wakati wowote.",
        ("Tuma hati",),
    ),
    Approved(
        "member_invited",
        "en",
        "Hello! {{1}} asks you to join {{2}} here. Would you like to?",
        ("Join", "No, thank you"),
    ),
    Approved(
        "member_invited",
        "sw",
        "Habari! {{1}} anakuomba ujiunge na {{2}} hapa. Ungependa?",
        ("Jiunge", "Hapana, asante"),
    ),
    Approved(
        "cart_reminder",
        "en",
        "Your cart is still here: {{1}}. Total {{2}}. Shall we go on?",
        ("To the cart", "Not now", "No reminders"),
        "MARKETING",
    ),
    Approved(
        "cart_reminder",
        "sw",
        "Kikapu chako bado kipo: {{1}}. Jumla {{2}}. Tuendelee?",
        ("Fungua kikapu", "Si sasa", "Usinikumbushe"),
        "MARKETING",
    ),
    Approved(
        "day_summary",
        "en",
        "How the day was at {{1}} since {{2}}: {{3}} Tap below for more.",
        ("My business", "Not every evening"),
    ),
    Approved(
        "day_summary",
        "sw",
        "Siku ilivyokuwa {{1}} tangu {{2}}: {{3}} Gusa hapa chini kuona zaidi.",
        ("Biashara yangu", "Si kila jioni"),
    ),
)
