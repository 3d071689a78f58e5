"""The few pages a person may land on from the chat, and the pictures shown in it."""
