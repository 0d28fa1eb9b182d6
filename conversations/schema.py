"""Tables of the hub, the same on SQLite and PostgreSQL.

`conversations` is the row that is locked first in every transaction; it carries
the status (written by `conversations.handoffs` only), the lease of the dispatcher
and the number of the next delivery. `inbox` holds what came in, `turns` what was
made of it, `outbox` what goes out. The migrations bring a database here; a test
compares both.
"""

from __future__ import annotations

import sqlalchemy as sa

from conversations.moments import Moment

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = sa.BigInteger().with_variant(sa.Integer, "sqlite")
Opaque = sa.String(255)
ConversationId = sa.String(40)

CONVERSATIONS = sa.Table(
    "conversations",
    METADATA,
    sa.Column("id", ConversationId, primary_key=True),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("address_hash", sa.String(64), nullable=False),
    sa.Column("address_sealed", sa.LargeBinary),
    sa.Column("municipality", sa.String(64)),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("status_since", Moment, nullable=False),
    sa.Column("acknowledged", sa.Boolean, nullable=False),
    sa.Column("due_at", Moment),
    sa.Column("lease_owner", sa.String(64)),
    sa.Column("lease_until", Moment),
    sa.Column("attempt", sa.BigInteger, nullable=False),
    sa.Column("next_number", sa.BigInteger, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("changed_at", Moment, nullable=False, index=True),
    sa.UniqueConstraint("channel", "address_hash"),
    sa.Index("ix_conversations_due", "due_at", sqlite_where=sa.text("due_at IS NOT NULL"),
             postgresql_where=sa.text("due_at IS NOT NULL")),
)  # fmt: skip

INBOX = sa.Table(
    "inbox",
    METADATA,
    sa.Column("id", Identity, primary_key=True, autoincrement=True),
    sa.Column("conversation", ConversationId, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("message_id", Opaque, nullable=False),
    sa.Column("turn", sa.String(40), nullable=False),
    sa.Column("text", sa.Text),
    sa.Column("button", Opaque),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("first_tried_at", Moment),
    sa.Column("sent_at", Moment),
    sa.Column("received_at", Moment, nullable=False),
    sa.Column("closed_at", Moment, index=True),
    sa.UniqueConstraint("channel", "message_id"),
    sa.Index("ix_inbox_conversation", "conversation", "id"),
    sa.Index("ix_inbox_open", "conversation", "id", sqlite_where=sa.text("state = 'open'"),
             postgresql_where=sa.text("state = 'open'")),
    sqlite_autoincrement=True,
)  # fmt: skip

TURNS = sa.Table(
    "turns",
    METADATA,
    sa.Column("inbox_id", Identity, sa.ForeignKey("inbox.id"), primary_key=True,
              autoincrement=False),
    sa.Column("conversation", ConversationId, nullable=False, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("intent", sa.String(128)),
    sa.Column("confidence", sa.Double),
    sa.Column("entities", sa.JSON, nullable=False),
    sa.Column("ms", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
)  # fmt: skip

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation", ConversationId, sa.ForeignKey("conversations.id"), nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("inbox_id", Identity, sa.ForeignKey("inbox.id")),
    sa.Column("part", sa.Integer),
    sa.Column("channel", sa.String(32), nullable=False),
    sa.Column("sender", sa.String(8), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("source", sa.JSON(none_as_null=True)),
    sa.Column("as_of", sa.Date),
    sa.Column("demo", sa.Boolean, nullable=False),
    sa.Column("links", sa.JSON, nullable=False),
    sa.Column("expects", sa.String(16)),
    sa.Column("status", sa.String(8), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_try_at", Moment),
    sa.Column("queued_at", Moment, nullable=False),
    sa.Column("error", sa.String(255)),
    sa.Column("created_at", Moment, nullable=False, index=True),
    sa.UniqueConstraint("conversation", "number"),
    sa.UniqueConstraint("inbox_id", "part"),
    sa.Index("ix_outbox_unsent", "channel", "conversation", "number",
             sqlite_where=sa.text("status IN ('pending', 'sending')"),
             postgresql_where=sa.text("status IN ('pending', 'sending')")),
)  # fmt: skip

BUTTONS = sa.Table(
    "buttons",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("conversation", ConversationId, nullable=False, index=True),
    sa.Column("delivery", sa.String(40), sa.ForeignKey("outbox.id"), nullable=False, index=True),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
)

HANDOFFS = sa.Table(
    "handoffs",
    METADATA,
    sa.Column("id", Identity, primary_key=True, autoincrement=True),
    sa.Column("conversation", ConversationId, sa.ForeignKey("conversations.id"), nullable=False,
              index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("who", sa.String(64), nullable=False),
    sa.Column("why", sa.String(64), nullable=False),
    sa.Column("before", sa.String(16), nullable=False),
    sa.Column("after", sa.String(16), nullable=False),
    sqlite_autoincrement=True,
)  # fmt: skip

ERASURES = sa.Table(
    "erasures",
    METADATA,
    sa.Column("conversation", ConversationId, primary_key=True),
    sa.Column("passes_left", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False, index=True),
    sa.Column("requested_at", Moment, nullable=False),
)
