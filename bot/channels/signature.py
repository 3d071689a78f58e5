"""Whether a webhook comes from the provider it says it comes from."""

import hashlib
import hmac


def cloud_signature_ok(secret: str, raw_body: bytes, header: str | None) -> bool:
    """True if `X-Hub-Signature-256` is the app secret's HMAC-SHA256 of the raw body.

    Without a secret nothing is accepted. The body must be the bytes as they came: Meta
    signs its own escapes, which writing the JSON again would lose.
    """
    if not secret or not header or not header.startswith("sha256="):
        return False
    expected = hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest()
    return _same(expected, header[7:].lower())


def green_authorization_ok(token: str, header: str | None) -> bool:
    """True if `Authorization` is the instance's webhook token, bare or after its scheme.

    Green API sends "Bearer <token>", or the token as it was configured when that has a
    scheme of its own. Without a token nothing is accepted.
    """
    if not token or not header:
        return False
    after_scheme = header.partition(" ")[2].strip()
    # Both are compared always, so that time tells nothing about which one matched.
    return _same(token, header.strip()) | _same(token, after_scheme)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
