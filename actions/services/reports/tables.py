"""The two tables of defect reports, the same on SQLite and PostgreSQL.

``report_queue`` holds every report from the moment it was promised to a citizen;
``desk_reports`` those that reach the town's staff in this installation. Moments are seconds
since 1970 (UTC). ``sealed`` is encrypted (see `sealing`) and dropped after delivery.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
_Identity = sa.BigInteger().with_variant(sa.Integer, "sqlite")

REPORT_QUEUE = sa.Table(
    "report_queue",
    METADATA,
    sa.Column("id", _Identity, primary_key=True, autoincrement=True),
    sa.Column("ticket", sa.String(16), nullable=False, unique=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),
    sa.Column("conversation", sa.String(64), index=True),
    sa.Column("town", sa.String(64), nullable=False),
    sa.Column("adapter", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", sa.Float(53), nullable=False),
    sa.Column("sent_at", sa.Float(53)),
    sa.Column("number", sa.String(255)),
    sa.Column("token", sa.String(255)),
    sa.Column("reason", sa.String(255)),
    sa.Column("created_at", sa.Float(53), nullable=False),
    sa.Column("finished_at", sa.Float(53)),
    sa.Index("ix_report_queue_due", "state", "due_at"),
)

DESK_REPORTS = sa.Table(
    "desk_reports",
    METADATA,
    sa.Column("ticket", sa.String(16), primary_key=True),
    sa.Column("town", sa.String(64), nullable=False),
    sa.Column("category", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("remark", sa.String(255)),
    sa.Column("lat", sa.Float(53)),
    sa.Column("lon", sa.Float(53)),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("received_at", sa.Float(53), nullable=False),
    sa.Column("updated_at", sa.Float(53), nullable=False),
    sa.Index("ix_desk_reports_open", "town", "state"),
)
