"""What all peers say: the words of our own answers, without the buttons we add to them."""

SECRET = "bench-app-secret-0001"
TOKEN = "1:bench-token"
NUMBER = "100000000000009"

MENU = """What can I do for you?

1. Shop: look around, or type what you need
2. My orders: where they are, order again
3. My cart: what you have chosen so far
4. Ask a person: your question goes to the shop
5. Language: English, Kiswahili"""
LANGUAGE = "Which language shall we speak? Type English or Kiswahili."
