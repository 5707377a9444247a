"""The first schema."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DATA = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
WORD = sa.String(20)


def upgrade() -> None:
    """Make all tables."""
    _senders()
    _lists()
    _mail()
    _blocks()
    _system()


def _needed(
    name: str, kind: sa.types.TypeEngine[Any], *, autoincrement: bool | Literal["auto"] = "auto"
) -> sa.Column[Any]:
    return sa.Column(name, kind, autoincrement=autoincrement, nullable=False)


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _senders() -> None:
    """What sends."""
    op.create_table(
        "dkim_keys",
        _needed("id", BIG),
        _needed("domain", sa.Text()),
        _needed("selector", sa.Text()),
        _needed("path", sa.Text()),
        _needed("algorithm", sa.Text()),
        _needed("created_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_dkim_keys"),
        sa.UniqueConstraint("domain", name="uq_dkim_keys_domain"),
    )
    op.create_table(
        "nodes",
        _needed("id", BIG),
        _needed("name", sa.Text()),
        _needed("name_key", sa.Text()),
        _needed("host", sa.Text()),
        sa.Column("pid", BIG),
        sa.Column("process", sa.Text()),
        _needed("lease", sa.Text()),
        sa.Column("heartbeat_at", sa.Double()),
        _needed("state", sa.Text()),
        _needed("messages_per_second", sa.Double()),
        _needed("in_flight", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
        sa.UniqueConstraint("name_key", name="uq_nodes_name_key"),
    )
    op.create_table(
        "streams",
        _needed("id", BIG),
        _needed("name", sa.Text()),
        _needed("name_key", sa.Text()),
        _needed("description", sa.Text()),
        _needed("is_default", sa.Boolean()),
        _needed("paused", sa.Boolean()),
        _needed("guard", sa.Boolean()),
        _needed("version", BIG),
        _needed("created_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_streams"),
        sa.UniqueConstraint("name_key", name="uq_streams_name_key"),
        sqlite_autoincrement=True,
    )
    _partial_index("uq_streams_default", "streams", ["is_default"], "is_default", unique=True)
    op.create_table(
        "limit_rules",
        _needed("id", BIG),
        sa.Column("stream_id", BIG),
        _needed("scope", WORD),
        _needed("target", sa.Text()),
        sa.Column("connections", BIG),
        sa.Column("connections_per_hour", BIG),
        sa.Column("messages_per_connection", BIG),
        sa.Column("messages_per_hour", BIG),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_limit_rules_stream_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_limit_rules"),
    )
    op.create_index("ix_limit_rules_stream_id", "limit_rules", ["stream_id"])
    op.create_table(
        "sending_addresses",
        _needed("id", BIG),
        _needed("node_id", BIG),
        _needed("ip", sa.Text()),
        _needed("ip_key", sa.LargeBinary()),
        _needed("helo", sa.Text()),
        _needed("state", WORD),
        sa.Column("unusable_reason", sa.Text()),
        sa.Column("unusable_at", sa.Double()),
        sa.Column("connections", BIG),
        sa.Column("connections_per_hour", BIG),
        sa.Column("messages_per_connection", BIG),
        sa.Column("messages_per_hour", BIG),
        sa.Column("warm_up_started", BIG),
        sa.Column("warm_up_first_day", BIG),
        sa.Column("warm_up_growth", sa.Double()),
        sa.Column("warm_up_last_day", BIG),
        _needed("created_at", sa.Double()),
        sa.ForeignKeyConstraint(["node_id"], ["nodes.id"], name="fk_sending_addresses_node_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_sending_addresses"),
        sa.UniqueConstraint("ip", name="uq_sending_addresses_ip"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sending_addresses_ip_key", "sending_addresses", ["ip_key"])
    op.create_index("ix_sending_addresses_node_id", "sending_addresses", ["node_id"])
    op.create_table(
        "stream_addresses",
        _needed("stream_id", BIG),
        _needed("address_id", BIG),
        _needed("weight", BIG),
        _needed("paused", sa.Boolean()),
        sa.CheckConstraint("weight BETWEEN 1 AND 1000", name="ck_stream_addresses_weight"),
        sa.ForeignKeyConstraint(
            ["address_id"], ["sending_addresses.id"], name="fk_stream_addresses_address_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="fk_stream_addresses_stream_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "address_id", name="pk_stream_addresses"),
    )
    op.create_index("ix_stream_addresses_address_id", "stream_addresses", ["address_id"])


def _lists() -> None:
    """Whom mail goes to."""
    op.create_table(
        "sites",
        _needed("id", BIG),
        _needed("host", sa.Text()),
        sa.Column("stream_id", BIG),
        _needed("created_at", sa.Double()),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_sites_stream_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("host", name="uq_sites_host"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sites_stream_id", "sites", ["stream_id"])
    op.create_table(
        "lists",
        _needed("id", BIG),
        _needed("site_id", BIG),
        _needed("name", sa.Text()),
        _needed("name_key", sa.Text()),
        _needed("description", sa.Text()),
        _needed("display_name", sa.Text()),
        _needed("list_id_header", sa.Text()),
        _needed("from_address", sa.Text()),
        _needed("from_name", sa.Text()),
        _needed("unsubscribe_url", sa.Text()),
        _needed("unsubscribe_mailto", sa.Text()),
        _needed("fields", DATA),
        sa.Column("stream_id", BIG),
        _needed("created_at", sa.Double()),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name="fk_lists_site_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_lists_stream_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_lists"),
        sa.UniqueConstraint("name_key", name="uq_lists_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_lists_site_id", "lists", ["site_id"])
    op.create_index("ix_lists_stream_id", "lists", ["stream_id"])
    op.create_table(
        "members",
        _needed("id", BIG),
        _needed("list_id", BIG),
        _needed("address", sa.Text()),
        _needed("address_key", sa.Text()),
        _needed("domain", sa.Text()),
        _needed("name", sa.Text()),
        _needed("joined_at", sa.Double()),
        _needed("state", WORD),
        sa.Column("fields", DATA),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="fk_members_list_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_members_list_id_address_key", "members", ["list_id", "address_key"], unique=True)
    op.create_table(
        "segments",
        _needed("id", BIG),
        _needed("list_id", BIG),
        _needed("name", sa.Text()),
        _needed("name_key", sa.Text()),
        _needed("conditions", DATA),
        sa.Column("stream_id", BIG),
        _needed("created_at", sa.Double()),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="fk_segments_list_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_segments_stream_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_segments"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_segments_stream_id", "segments", ["stream_id"])
    op.create_index("uq_segments_list_id_name_key", "segments", ["list_id", "name_key"], unique=True)
    op.create_table(
        "suppressions",
        _needed("id", BIG),
        _needed("address_key", sa.Text()),
        sa.Column("list_id", BIG),
        _needed("reason", sa.Text()),
        _needed("actor", sa.Text()),
        _needed("at", sa.Double()),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="fk_suppressions_list_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    op.create_index("ix_suppressions_list_id", "suppressions", ["list_id"])
    _partial_index("uq_suppressions_everywhere", "suppressions", ["address_key"], "list_id IS NULL", unique=True)
    _partial_index(
        "uq_suppressions_list", "suppressions", ["address_key", "list_id"], "list_id IS NOT NULL", unique=True
    )


def _mail() -> None:
    """The queue."""
    op.create_table(
        "recipients",
        _needed("id", BIG, autoincrement=False),
        _needed("lane_id", BIG),
        sa.Column("member_id", BIG),
        _needed("state", WORD),
        _needed("attempts", BIG),
        sa.Column("unanswered", BIG),
        sa.Column("next_attempt_at", sa.Double()),
        sa.Column("claimed_by", BIG),
        sa.Column("last_at", sa.Double()),
        sa.Column("stage", WORD),
        sa.Column("code", BIG),
        sa.Column("verdict", WORD),
        sa.Column("rule", sa.Text()),
        sa.Column("sending_address", sa.Text()),
        sa.Column("mx_address", sa.Text()),
        _needed("address", sa.Text()),
        sa.Column("address_key", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("fields", DATA),
        sa.Column("note", sa.Text()),
        sa.Column("reply", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_recipients"),
        postgresql_with={"fillfactor": 50},
    )
    _partial_index("ix_recipients_claimed", "recipients", ["claimed_by"], "claimed_by IS NOT NULL")
    _partial_index(
        "ix_recipients_deferred", "recipients", ["lane_id", "next_attempt_at"], "next_attempt_at IS NOT NULL"
    )
    op.create_table(
        "holds",
        _needed("stream_id", BIG),
        _needed("domain", sa.Text()),
        _needed("since_at", sa.Double()),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_holds_stream_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "domain", name="pk_holds"),
    )
    op.create_table(
        "mailings",
        _needed("id", BIG),
        _needed("name", sa.Text()),
        _needed("name_key", sa.Text()),
        _needed("state", WORD),
        sa.Column("list_id", BIG),
        _needed("list_name", sa.Text()),
        sa.Column("segment_id", BIG),
        _needed("segment_name", sa.Text()),
        sa.Column("own_stream_id", BIG),
        sa.Column("stream_id", BIG),
        _needed("stream_name", sa.Text()),
        _needed("stream_rule", sa.Text()),
        sa.Column("hourly_ceiling", BIG),
        sa.Column("expiry_hours", sa.Double()),
        sa.Column("expires_at", sa.Double()),
        sa.Column("scheduled_at", sa.Double()),
        sa.Column("started_at", sa.Double()),
        sa.Column("finished_at", sa.Double()),
        _needed("created_at", sa.Double()),
        _needed("version", BIG),
        _needed("total", BIG),
        _needed("delivered", BIG),
        _needed("failed", BIG),
        _needed("expired", BIG),
        _needed("stopped", BIG),
        _needed("in_doubt", BIG),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name="fk_mailings_list_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["own_stream_id"], ["streams.id"], name="fk_mailings_own_stream_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name="fk_mailings_segment_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_mailings_stream_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_mailings"),
        sa.UniqueConstraint("name_key", name="uq_mailings_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mailings_list_id", "mailings", ["list_id"])
    op.create_index("ix_mailings_own_stream_id", "mailings", ["own_stream_id"])
    op.create_index("ix_mailings_segment_id", "mailings", ["segment_id"])
    op.create_index("ix_mailings_state", "mailings", ["state"])
    op.create_index("ix_mailings_stream_id", "mailings", ["stream_id"])
    op.create_table(
        "mailing_contents",
        _needed("mailing_id", BIG),
        _needed("from_address", sa.Text()),
        _needed("from_name", sa.Text()),
        _needed("reply_to", sa.Text()),
        _needed("subject", sa.Text()),
        _needed("envelope_sender", sa.Text()),
        _needed("verp", sa.Boolean()),
        _needed("unsubscribe_url", sa.Text()),
        _needed("unsubscribe_mailto", sa.Text()),
        _needed("list_id_header", sa.Text()),
        _needed("text", sa.Text()),
        _needed("html", sa.Text()),
        sa.Column("eml", sa.LargeBinary()),
        sa.Column("compiled", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_mailing_contents_mailing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mailing_id", name="pk_mailing_contents"),
    )
    op.create_table(
        "mailing_lanes",
        _needed("id", BIG),
        _needed("mailing_id", BIG),
        _needed("domain", sa.Text()),
        _needed("provider", sa.Text()),
        _needed("first_id", BIG),
        _needed("last_id", BIG),
        _needed("total", BIG),
        _needed("delivered", BIG),
        _needed("failed", BIG),
        _needed("expired", BIG),
        _needed("stopped", BIG),
        _needed("in_doubt", BIG),
        _needed("refused", BIG),
        _needed("last_reply", sa.Text()),
        sa.Column("last_at", sa.Double()),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_mailing_lanes_mailing_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_mailing_lanes"),
    )
    op.create_index("ix_mailing_lanes_first_id", "mailing_lanes", ["first_id"])
    op.create_index("uq_mailing_lanes_mailing_id_domain", "mailing_lanes", ["mailing_id", "domain"], unique=True)
    op.create_table(
        "provider_pauses",
        _needed("id", BIG),
        _needed("provider", sa.Text()),
        sa.Column("stream_id", BIG),
        sa.Column("mailing_id", BIG),
        _needed("reason", sa.Text()),
        _needed("since_at", sa.Double()),
        sa.ForeignKeyConstraint(
            ["mailing_id"], ["mailings.id"], name="fk_provider_pauses_mailing_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_provider_pauses_stream_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_pauses"),
    )
    op.create_index("ix_provider_pauses_mailing_id", "provider_pauses", ["mailing_id"])
    op.create_index("ix_provider_pauses_stream_id", "provider_pauses", ["stream_id"])


def _blocks() -> None:
    """Refusals."""
    op.create_table(
        "blocks",
        _needed("id", BIG),
        _needed("state", WORD),
        _needed("sending_address", sa.Text()),
        _needed("sending_key", sa.LargeBinary()),
        _needed("mx_address", sa.Text()),
        _needed("mx_key", sa.LargeBinary()),
        _needed("mx_host", sa.Text()),
        _needed("domain", sa.Text()),
        _needed("exchanger_group", sa.Text()),
        _needed("provider", sa.Text()),
        _needed("scope", WORD),
        _needed("stage", WORD),
        _needed("code", BIG),
        _needed("enhanced", sa.Text()),
        _needed("rule", sa.Text()),
        _needed("since_at", sa.Double()),
        _needed("permanent", sa.Boolean()),
        sa.Column("last_probe_at", sa.Double()),
        sa.Column("next_probe_at", sa.Double()),
        sa.Column("probe_interval", sa.Double()),
        _needed("probe_requested", sa.Boolean()),
        _needed("probe_note", sa.Text()),
        _needed("probes", BIG),
        _needed("last_recipient", sa.Text()),
        _needed("hits", DATA),
        sa.Column("threshold_count", BIG),
        sa.Column("threshold_seconds", BIG),
        _needed("ramp_step", BIG),
        sa.Column("ramp_since_at", sa.Double()),
        _needed("note", sa.Text()),
        _needed("version", BIG),
        _needed("changed_at", sa.Double()),
        _needed("reason", sa.Text()),
        _needed("advice", sa.Text()),
        _needed("reply", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_blocks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_blocks_domain_state", "blocks", ["domain", "state"])
    _partial_index("ix_blocks_open", "blocks", ["state"], "state <> 'cleared'")
    op.create_index("ix_blocks_sending_address_state", "blocks", ["sending_address", "state"])
    op.create_table(
        "met_replies",
        _needed("id", BIG),
        _needed("digest", sa.LargeBinary()),
        _needed("text", sa.Text()),
        sa.Column("stage", WORD),
        _needed("own_ip", sa.Text()),
        _needed("verdict", WORD),
        _needed("rule", sa.Text()),
        _needed("at", sa.Double()),
        _needed("count", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_met_replies"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_met_replies_at", "met_replies", ["at"])
    op.create_index("uq_met_replies_digest", "met_replies", ["digest"], unique=True)
    op.create_table(
        "own_rules",
        _needed("id", BIG),
        _needed("rule_id", sa.Text()),
        _needed("position", BIG),
        _needed("enabled", sa.Boolean()),
        _needed("shadow", sa.Boolean()),
        _needed("body", DATA),
        _needed("version", BIG),
        sa.PrimaryKeyConstraint("id", name="pk_own_rules"),
        sa.UniqueConstraint("rule_id", name="uq_own_rules_rule_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_own_rules_position", "own_rules", ["position"])
    op.create_table(
        "block_events",
        _needed("id", BIG),
        _needed("block_id", BIG),
        _needed("kind", WORD),
        _needed("at", sa.Double()),
        _needed("actor", sa.Text()),
        _needed("text", sa.Text()),
        _needed("mx_address", sa.Text()),
        _needed("reply", sa.Text()),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name="fk_block_events_block_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_block_events"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_block_events_at", "block_events", ["at"])
    op.create_index("ix_block_events_block_id_id", "block_events", ["block_id", "id"])
    _keep("block_events")
    op.create_table(
        "block_pairs",
        _needed("block_id", BIG),
        _needed("mx_address", sa.Text()),
        _needed("mx_key", sa.LargeBinary()),
        _needed("mx_host", sa.Text()),
        _needed("code", BIG),
        _needed("at", sa.Double()),
        _needed("reply", sa.Text()),
        sa.ForeignKeyConstraint(["block_id"], ["blocks.id"], name="fk_block_pairs_block_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("block_id", "mx_address", name="pk_block_pairs"),
    )


def _system() -> None:
    """The program itself."""
    op.create_table(
        "address_traffic",
        _needed("hour_at", BIG),
        _needed("sending_address", sa.Text()),
        _needed("provider", sa.Text()),
        _needed("delivered", BIG),
        _needed("failed", BIG),
        _needed("deferred", BIG),
        _needed("blocked", BIG),
        _needed("in_doubt", BIG),
        sa.PrimaryKeyConstraint("hour_at", "sending_address", "provider", name="pk_address_traffic"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        _needed("id", BIG),
        _needed("kind", sa.Text()),
        _needed("subject", sa.Text()),
        _needed("text", sa.Text()),
        _needed("at", sa.Double()),
        sa.Column("resolved_at", sa.Double()),
        sa.Column("dismissed_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("uq_alerts_kind_subject", "alerts", ["kind", "subject"], unique=True)
    op.create_table(
        "audit",
        _needed("id", BIG),
        _needed("at", sa.Double()),
        _needed("actor", sa.Text()),
        _needed("action", sa.Text()),
        _needed("subject", sa.Text()),
        _needed("before", sa.Text()),
        _needed("after", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    _keep("audit")
    op.create_table(
        "change_counters",
        _needed("topic", sa.Text()),
        _needed("writer", sa.Text()),
        _needed("value", BIG),
        sa.PrimaryKeyConstraint("topic", "writer", name="pk_change_counters"),
    )
    op.create_table(
        "id_ranges",
        _needed("name", sa.Text()),
        _needed("next_id", BIG),
        sa.PrimaryKeyConstraint("name", name="pk_id_ranges"),
    )
    op.create_table(
        "settings",
        _needed("key", sa.Text()),
        _needed("value", sa.Text()),
        sa.PrimaryKeyConstraint("key", name="pk_settings"),
    )
    op.create_table(
        "stream_traffic",
        _needed("stream_id", BIG),
        _needed("bucket_at", BIG),
        _needed("delivered", BIG),
        _needed("failed", BIG),
        _needed("deferred", BIG),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="fk_stream_traffic_stream_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("stream_id", "bucket_at", name="pk_stream_traffic"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stream_traffic_bucket_at", "stream_traffic", ["bucket_at"])


def _keep(table: str) -> None:
    """The table is only added to, whoever asks."""
    words = f"{table} is only added to"
    if op.get_bind().dialect.name == "sqlite":
        for name, event in (
            ("updates", f"UPDATE ON {table}"),
            ("deletes", f"DELETE ON {table}"),
            ("replaces", f"INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"),  # noqa: S608
        ):
            op.execute(f"CREATE TRIGGER {table}_no_{name} BEFORE {event} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    op.execute(
        f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{words}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION keep_{table}()"
    )
