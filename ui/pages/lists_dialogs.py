"""The forms of the lists page: a site, a list, a member, and the reason to suppress somebody."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QScrollArea, QWidget
from sqlalchemy.orm import Session

from app.services import lists, members, sites
from app.services.lists import ListEdit, ListView
from app.services.members import MemberView
from app.services.problems import Problem
from app.services.sites import SiteView
from ui.session import WindowSession
from ui.widgets.edit_dialog import EditDialog
from ui.widgets.form import Form


class FormDialog(EditDialog):
    """An editor that is one form of lines. Subclasses add fields with :meth:`line` and say what to save."""

    def __init__(self, session: WindowSession, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent)
        self.form = Form(self)
        self.body.addWidget(self.form)
        self.body.addStretch(1)
        self._before: tuple[object, ...] = ()

    def line(self, field: str, label: str, value: str = "", *, hint: str = "") -> QLineEdit:
        """Add a line of text."""
        edit = QLineEdit(value, self)
        edit.textChanged.connect(self._typed)
        self.form.add(field, label, edit, hint=hint)
        return edit

    def values(self) -> tuple[object, ...]:
        """What is in the form, to tell whether it was changed."""
        raise NotImplementedError

    def begin(self, title: str, verb: str, width: int = 64) -> None:
        """All fields are there: remember what is in them."""
        self.setWindowTitle(title)
        self.save_button.setText(verb)
        self.resize(self.fontMetrics().averageCharWidth() * width, self.sizeHint().height())
        self._before = self.values()
        self.edited()

    def is_changed(self) -> bool:
        """Whether something else stands in the form than at first."""
        return self.values() != self._before

    def show_problem(self, problem: Problem) -> None:
        """Say it beside the field."""
        self.form.show_problem(problem)

    def _typed(self, *_: object) -> None:
        self.form.clear_errors()
        self.edited()


class SiteDialog(FormDialog):
    """A site's host name. ``made`` is the site as it was saved."""

    def __init__(self, session: WindowSession, site: SiteView | None, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._site = site
        self.made: SiteView | None = None
        self.host = self.line(
            "host",
            self.tr("&Host name"),
            site.host if site else "",
            hint=self.tr("Such as lists.example.com. It groups lists, and can have a stream of its own."),
        )
        if site:
            self.begin(self.tr("Rename site"), self.tr("&Save"))
        else:
            self.begin(self.tr("New site"), self.tr("&Create site"))

    def values(self) -> tuple[object, ...]:
        """The host name."""
        return (self.host.text(),)

    async def save(self) -> None:
        """Create or rename it."""
        if self._site is None:
            self.made = await self.session.write(sites.create, self.host.text())
        else:
            self.made = await self.session.write(sites.rename, self._site.id, self.host.text())


class ListDialog(FormDialog):
    """A list, with what new mailings to it start with. ``made`` is the list as it was saved."""

    def __init__(
        self,
        session: WindowSession,
        mailing_list: ListView | None,
        all_sites: Sequence[SiteView],
        site_id: int | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(session, parent)
        self._list = shown = mailing_list
        self.made: ListView | None = None
        self.name = self.line("name", self.tr("&Name"), shown.name if shown else "")
        self.site = QComboBox(self)
        for site in all_sites:
            self.site.addItem(site.host, site.id)
        self.site.setCurrentIndex(max(0, self.site.findData(shown.site_id if shown else site_id)))
        self.site.currentIndexChanged.connect(self._typed)
        self.form.add("site", self.tr("S&ite"), self.site)
        self.description = QPlainTextEdit(shown.description if shown else "", self)
        self.description.setTabChangesFocus(True)
        self.description.setMaximumHeight(self.fontMetrics().height() * 4)
        self.description.textChanged.connect(self._typed)
        self.form.add("description", self.tr("&Description"), self.description, tall=True)
        self.from_name = self.line("from_name", self.tr("&From name"), shown.from_name if shown else "")
        self.from_address = self.line(
            "from_address",
            self.tr("From &address"),
            shown.from_address if shown else "",
            hint=self.tr("Mailings to this list start with these; each can have its own."),
        )
        self.list_id = self.line(
            "list_id",
            self.tr("&List-ID"),
            shown.list_id if shown else "",
            hint=self.tr("Such as readers.lists.example.com (RFC 2919); made of name and site when empty."),
        )
        self.url = self.line(
            "unsubscribe_url",
            self.tr("&Unsubscribe at"),
            shown.unsubscribe_url if shown else "",
            hint=self.tr("An https address; one-click unsubscribing (RFC 8058) is what large providers ask for."),
        )
        self.mailto = self.line(
            "unsubscribe_mailto", self.tr("Unsubscribe &by mail to"), shown.unsubscribe_mailto if shown else ""
        )
        if shown:
            self.begin(self.tr("Edit list"), self.tr("&Save"), 84)
        else:
            self.begin(self.tr("New list"), self.tr("&Create list"), 84)

    def edit_value(self) -> ListEdit:
        """The values in the form."""
        return ListEdit(
            name=self.name.text(),
            site_id=self.site.currentData() or 0,
            description=self.description.toPlainText(),
            from_address=self.from_address.text(),
            from_name=self.from_name.text(),
            list_id=self.list_id.text(),
            unsubscribe_url=self.url.text(),
            unsubscribe_mailto=self.mailto.text(),
        )

    def values(self) -> tuple[object, ...]:
        """All fields."""
        return (self.edit_value(),)

    def is_complete(self) -> bool:
        """Whether it has a name and a site."""
        return bool(self.name.text().strip()) and self.site.currentData() is not None

    async def save(self) -> None:
        """Create or edit it."""
        list_id = self._list.id if self._list else None
        self.made = await self.session.write(_save_list, list_id, self.edit_value())


class MemberDialog(FormDialog):
    """A member with the list's custom fields. ``made`` is the member as it was saved."""

    def __init__(
        self, session: WindowSession, mailing_list: ListView, member: MemberView | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, parent)
        self._list, self._member = mailing_list, member
        self.made: MemberView | None = None
        self.address = self.line("address", self.tr("&Address"), member.address if member else "")
        self.name = self.line("name", self.tr("&Name"), member.name if member else "")
        names = dict.fromkeys((*mailing_list.fields, *(member.fields if member else ())))
        self.fields = {
            name: self.line(name, name.replace("&", "&&"), member.fields.get(name, "") if member else "")
            for name in names
        }
        self.new_name = QLineEdit(self)
        self.new_name.setPlaceholderText(self.tr("Name of a new field"))
        self.new_name.setAccessibleName(self.tr("Name of a new field"))
        self.new_name.textChanged.connect(self._typed)
        self.new_value = self.line("fields", self.tr("New &field"))
        self.new_value.setPlaceholderText(self.tr("Its value"))
        self.form.add("new_name", self.tr("… call&ed"), self.new_name)
        self._scroll()
        if member:
            self.begin(self.tr("Edit member"), self.tr("&Save"), 72)
        else:
            self.begin(self.tr("New member of {}").format(mailing_list.name), self.tr("&Add member"), 72)

    def field_values(self) -> dict[str, str]:
        """The custom fields in the form."""
        found = {name: edit.text() for name, edit in self.fields.items()}
        if self.new_name.text().strip():
            found[self.new_name.text().strip()] = self.new_value.text()
        return found

    def values(self) -> tuple[object, ...]:
        """All fields."""
        return self.address.text(), self.name.text(), self.new_value.text(), tuple(self.field_values().items())

    def is_complete(self) -> bool:
        """Whether there is an address."""
        return bool(self.address.text().strip())

    async def save(self) -> None:
        """Add or edit the member."""
        address, name, fields = self.address.text(), self.name.text(), self.field_values()
        if self._member is None:
            self.made = await self.session.write(members.add, self._list.id, address, name=name, fields=fields)
        else:
            self.made = await self.session.write(
                members.edit, self._member.id, address=address, name=name, fields=fields
            )

    def _scroll(self) -> None:
        """A list may have hundreds of fields: they scroll."""
        if len(self.fields) > 12:
            area = QScrollArea(self)
            area.setWidgetResizable(True)
            area.setFrameShape(QScrollArea.Shape.NoFrame)
            self.body.insertWidget(0, area, 10)
            area.setWidget(self.form)


class SuppressDialog(FormDialog):
    """Asks why members get no mail any more. ``reason`` is the line that was typed."""

    def __init__(self, session: WindowSession, number: int, list_name: str, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.reason = self.line(
            "reason",
            self.tr("&Reason"),
            hint=self.tr(
                "They stay members and get no mail of {}, also when they are imported again. Mailings under way leave them"
                " out from now on."
            ).format(list_name),
        )
        self.begin(self.tr("Suppress %Ln member(s)", "", number), self.tr("&Suppress"), 72)

    def values(self) -> tuple[object, ...]:
        """There is nothing to lose: leaving asks nothing."""
        return ()

    def edited(self, *_: object) -> None:
        """A reason is welcome, not needed."""
        self.save_button.setEnabled(True)

    async def save(self) -> None:
        """The page does it."""


def _save_list(session: Session, list_id: int | None, edit: ListEdit, *, actor: str, now: float) -> ListView:
    """Create a list with all its values, or edit it."""
    if list_id is None:
        list_id = lists.create(session, name=edit.name, site_id=edit.site_id, actor=actor, now=now).id
    return lists.edit(session, list_id, edit, actor=actor, now=now)
