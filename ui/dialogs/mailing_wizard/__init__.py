"""The wizard that writes a mailing and starts it: message, recipients, stream, time, and the numbers once more."""

from ui.dialogs.mailing_wizard.wizard import MailingWizard, open_wizard

__all__ = ["MailingWizard", "open_wizard"]
