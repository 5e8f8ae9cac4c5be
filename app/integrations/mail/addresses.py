"""An address as the wire takes it, or a clear no."""

from __future__ import annotations

import idna

from app.outbox.ports import MailRefused

_LOCAL_SPECIALS = frozenset('()<>@,;:\\"[]')
ADDRESS_LIMIT = 254  # RFC 5321


def wire_address(address: str) -> str:
    """The address with its domain in ASCII (`bücher.example` is `xn--bcher-kva.example`).

    A local part beyond ASCII stays as it is and needs a server that speaks SMTPUTF8. Raises MailRefused for
    what is no single plain address; the message does not repeat it.
    """
    local, at, domain = address.rpartition("@")
    plain = all(c > " " and c.isprintable() and not c.isspace() and c not in _LOCAL_SPECIALS for c in local)
    if not (at and local and domain and plain) or len(address.encode("utf-8", "replace")) > ADDRESS_LIMIT:
        raise MailRefused("the recipient is not a mail address")
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise MailRefused("the recipient's domain does not exist in any spelling") from error
    if not all(c.isalnum() or c in "-._" for c in host):
        raise MailRefused("the recipient is not a mail address")
    return f"{local}@{host}"
