"""All tables of the database as SQLAlchemy models, in one place to import them from.

All instants (``…_at``) are UTC seconds since the epoch. IP addresses are canonical text, with a key beside them that sorts
numerically (:func:`engine.pairs.ip_sort_key`). Names have a key beside them that does not know case (:func:`name_key`).
"""

from __future__ import annotations

from app.database.columns import Base, name_key
from app.database.tables.blocks import MetReply, OwnRule, StoredBlock, StoredBlockEvent, StoredBlockPair
from app.database.tables.lists import MailingList, Member, MemberState, Segment, Site, Suppression
from app.database.tables.mail import Mailing, MailingContent, MailingLane, Recipient, StoredHold, StoredPause
from app.database.tables.senders import (
    AddressSwitch,
    Node,
    SendingAddress,
    StoredDkimKey,
    StoredLimit,
    Stream,
    StreamAddress,
)
from app.database.tables.system import (
    AddressTraffic,
    AuditLine,
    ChangeCounter,
    IdRange,
    StoredAlert,
    StoredSetting,
    StreamTraffic,
)

__all__ = [
    "AddressSwitch",
    "AddressTraffic",
    "AuditLine",
    "Base",
    "ChangeCounter",
    "IdRange",
    "Mailing",
    "MailingContent",
    "MailingLane",
    "MailingList",
    "Member",
    "MemberState",
    "MetReply",
    "Node",
    "OwnRule",
    "Recipient",
    "Segment",
    "SendingAddress",
    "Site",
    "StoredAlert",
    "StoredBlock",
    "StoredBlockEvent",
    "StoredBlockPair",
    "StoredDkimKey",
    "StoredHold",
    "StoredLimit",
    "StoredPause",
    "StoredSetting",
    "Stream",
    "StreamAddress",
    "StreamTraffic",
    "Suppression",
    "name_key",
]
