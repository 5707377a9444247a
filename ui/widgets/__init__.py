"""Small widgets that several pages and dialogs use."""
