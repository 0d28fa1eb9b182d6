"""Reports as mail to the office, for towns whose back end is a mailbox.

Our number stands in the subject and makes the ``Message-ID``. Mail has no state to ask:
where an answer was lost the same mail goes out again with the same ``Message-ID`` and
number, so that mail servers, ticket systems and people see that it is the same case.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import aiosmtplib
import structlog
from aiosmtplib.errors import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from pydantic import Field

from actions.services.endpoints import Endpoint
from actions.services.reports.adapter import NEARBY_METRES
from actions.services.reports.report import Attribute, Category, Receipt, Report, ReportStatus
from actions.services.results import Found, Nothing, Provenance, Rejected, Unavailable

CONNECT_SECONDS = 2.0
SEND_SECONDS = 6.0
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_TEMPORARY = range(400, 500)
_PERMANENT = range(500, 600)
_OUR_FAULT = {530, 534, 535, 538}
"""Answers about our own login."""
MailAddress = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]
T = TypeVar("T")

_log = structlog.get_logger(__name__)


class MailTable(Endpoint):
    """``[maengel]`` with ``adapter = "mail"``; the secret is the password of ``user``.

    ``url`` is ``smtps://host`` (TLS at once) or ``smtp://host`` (TLS by STARTTLS, required
    except on this machine).
    """

    to: MailAddress
    sender: MailAddress
    user: str | None = None
    frame: tuple[float, float, float, float] | None = None


class MailReports:
    """One mailbox for reports.

    Args:
        table: server, sender and receiver.
        town: name of the town, for the source of answers.
        now: aware present moment.
    """

    name = "mail"
    needs: frozenset[str] = frozenset()
    takes_photos = True

    def __init__(self, table: MailTable, town: str, now: Callable[[], dt.datetime]) -> None:
        self._table = table
        self._town = town
        self._now = now
        self._source = Provenance(table.title or f"Mängelmeldung an die Stadt {town}", table.page)

    async def categories(self) -> Found[tuple[Category, ...]] | Unavailable:
        """See `DefectReports`; people read any text."""
        return self._found(())

    async def definition(self, code: str) -> Found[tuple[Attribute, ...]] | Nothing | Unavailable:
        """See `DefectReports`; there are no further questions."""
        del code
        return self._found(())

    async def coverage(self, lat: float, lon: float) -> Found[bool] | Nothing | Unavailable:
        """See `DefectReports`; the table's frame decides where there is one."""
        if self._table.frame is None:
            return Nothing()
        south, west, north, east = self._table.frame
        return self._found(south <= lat <= north and west <= lon <= east)

    async def submit(self, report: Report) -> Found[Receipt] | Rejected | Unavailable:
        """See `DefectReports`."""
        if not report.place.known or not report.description.strip():
            return Rejected({"description" if report.place.known else "place": "fehlt"})
        message = self._message(report)
        progress = _Progress()
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send(message, progress)
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            _log.warning("mail_failed", reason=type(error).__name__, sent=progress.sending)
            return _failure(error, sending=progress.sending)
        return self._found(Receipt(None))

    async def find(self, ticket: str, since: dt.datetime) -> Found[Receipt] | Nothing | Unavailable:
        """See `DefectReports`; the same mail again counts as the same, so none is in the way."""
        del ticket, since
        return Nothing()

    async def status(self, number: str) -> Found[ReportStatus] | Nothing | Unavailable:
        """See `DefectReports`; a mailbox tells nobody how far it is."""
        del number
        return Nothing()

    async def nearby(
        self, lat: float, lon: float, metres: float = NEARBY_METRES
    ) -> Found[tuple[ReportStatus, ...]] | Nothing | Unavailable:
        """See `DefectReports`; a mailbox does not know."""
        del lat, lon, metres
        return Nothing()

    async def _send(self, message: EmailMessage, progress: _Progress) -> None:
        parts = urlsplit(self._table.url)
        local = parts.hostname in _LOOPBACK
        client = aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp" and not local,
            username=self._table.user if self._table.secret() else None,
            password=self._table.secret(),
            timeout=CONNECT_SECONDS,
        )
        async with client:
            progress.sending = True
            await client.send_message(message, timeout=SEND_SECONDS)

    def _message(self, report: Report) -> EmailMessage:
        message = EmailMessage()
        domain = self._table.sender.rpartition("@")[2]
        title = _line(f"{report.ticket}: {report.title}, {report.place.words()}")
        message["Subject"] = f"Mängelmeldung {title}"
        message["From"], message["To"] = self._table.sender, self._table.to
        message["Message-ID"] = f"<{report.ticket.lower()}@{domain}>"
        message["Date"] = format_datetime(self._now())
        message["Auto-Submitted"] = "auto-generated"
        if report.contact.email:
            message["Reply-To"] = _line(report.contact.email)
        message.set_content(_text(report, self._town))
        if report.photo is not None:
            name = f"{report.ticket.lower()}.jpg"
            message.add_attachment(
                report.photo.content, maintype="image", subtype="jpeg", filename=name
            )
        return message

    def _found(self, data: T) -> Found[T]:
        return Found(data, self._source, self._now().date(), demo=self._table.demo)


class _Progress:
    """Whether the mail may already be at the server."""

    sending = False


def _failure(error: Exception, *, sending: bool) -> Rejected | Unavailable:
    """Return what a failure means: a clear no while sending says that nothing was delivered."""
    if isinstance(error, SMTPRecipientsRefused):
        error = error.recipients[0]
    code = error.code if isinstance(error, SMTPResponseException) else 0
    if sending and code in _PERMANENT and code not in _OUR_FAULT:
        return Rejected({"report": "nimmt das Postfach nicht an"})
    clear = code in _TEMPORARY or code in _PERMANENT
    reason = f"smtp {code}" if clear else type(error).__name__
    return Unavailable(reason=reason, sent=sending and not clear)


def _line(text: str) -> str:
    """Return a text as one line, so that nothing can end a header."""
    return " ".join(text.split())[:200]


def _text(report: Report, town: str) -> str:
    point = report.place.point
    lines = [
        f"Vorgang: {report.ticket}",
        f"Art: {report.title}",
        f"Ort: {report.place.words()} ({town})",
        f"Koordinaten: {point[0]:.5f}, {point[1]:.5f}" if point else "",
        "",
        report.description,
        "",
        *(f"{name}: {value}" for name, value in report.attributes),
        _contact(report),
        "",
        f"Bitte nennen Sie bei Rückfragen die Nummer {report.ticket}.",
        "Kommt diese Mail mit derselben Nummer noch einmal, ist es dieselbe Meldung.",
    ]
    return "\n".join(line.strip() for line in lines) + "\n"


def _contact(report: Report) -> str:
    contact = report.contact
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    ways = [part for part in (name, contact.phone, contact.email) if part]
    return f"Rückfragen an: {', '.join(ways)}" if ways else "Die Meldung ist anonym."
