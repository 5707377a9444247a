"""Settings as a person changes them: checked, written, told in the audit trail. A service."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import settings
from app.services import audit
from app.services.problems import BadValue, UnknownName, near_names
from app.settings import SettingError


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting as text. ``choices`` are the words to choose from, where these are all."""

    key: str
    value: str
    default: str
    description: str
    allowed: str
    choices: tuple[str, ...]


def listing(session: Session) -> list[SettingView]:
    """All settings in the order in which they are shown."""
    return [_view(key, value) for key, value in settings.texts(session).items()]


def get(session: Session, key: str) -> SettingView:
    """One setting; raises UnknownName."""
    found = _find(key)
    return _view(found, settings.texts(session)[found])


def store(session: Session, key: str, text: str, *, actor: str, now: float) -> SettingView:
    """Set a setting; takes effect at once, but for those of the window. Raises UnknownName, BadValue(key, …)."""
    found = _find(key)
    try:
        before, after = settings.store(session, found, text)
    except SettingError as error:
        raise BadValue(found, error.sentence) from None
    if before != after:
        audit.record(
            session, actor=actor, now=now, action="setting.set", subject=f"setting {found}", before=before, after=after
        )
    return _view(found, after)


def reset(session: Session, key: str, *, actor: str, now: float) -> SettingView:
    """Give a setting its default value again."""
    setting = settings.SETTINGS[_find(key)]
    return store(session, setting.key, setting.format(setting.default), actor=actor, now=now)


def _find(key: str) -> str:
    try:
        return settings.find(key).key
    except SettingError:
        raise UnknownName("setting", key, near_names(key, settings.SETTINGS)) from None


def _view(key: str, value: str) -> SettingView:
    setting = settings.SETTINGS[key]
    return SettingView(
        key, value, setting.format(setting.default), setting.description, setting.allowed, setting.choices
    )
