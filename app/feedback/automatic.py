"""Whether a mail that came in was written by a person. Pure.

RFC 3834 asks robots to say `Auto-Submitted`; most do, the others are known by what they say instead.
"""

from __future__ import annotations

from collections.abc import Mapping

_ROBOTS = frozenset(
    "mailer-daemon postmaster noreply no-reply donotreply do-not-reply bounce bounces".split()
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_SAYING_SO = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autorespond-from")
_SUBJECTS = (
    "automatic reply", "auto-reply", "autoreply", "auto reply", "auto:", "out of office", "out of the office",
    "undeliverable", "undelivered mail", "delivery status notification", "mail delivery failed", "returned mail",
    "automatische antwort", "abwesenheit", "abwesend:", "réponse automatique", "reponse automatique",
    "absence du bureau", "respuesta automática", "respuesta automatica", "fuera de la oficina",
    "risposta automatica", "resposta automática", "automatisch antwoord", "automatiskt svar", "autosvar",
)  # fmt: skip


def why_automatic(sender: str, subject: str, headers: Mapping[str, str]) -> str | None:
    """What shows that a robot wrote, in words for the record; None for a person. Names are in lower case.

    A mailing list's headers count as a robot's: a person who answers us does not write through a list.
    """
    said = {name: value.strip().lower() for name, value in headers.items()}
    if said.get("auto-submitted", "no").partition(";")[0].strip() != "no":
        return "it says Auto-Submitted"
    if (precedence := said.get("precedence", "")) in _BULK:
        return f"its precedence is {precedence}"
    if any(name in said for name in _SAYING_SO):
        return "it says that it is an automatic reply"
    if said.get("return-path") == "<>":
        return "it takes no answer (empty return path)"
    if said.get("content-type", "").startswith("multipart/report"):
        return "it is a delivery report"
    if "list-id" in said or "list-unsubscribe" in said:
        return "it comes from a mailing list"
    local = sender.partition("@")[0].lower()
    if local in _ROBOTS:
        return f"{local} is no person"
    plain = " ".join(subject.lower().split())
    if plain.startswith(_SUBJECTS):
        return "its subject is that of an automatic reply"
    return None
