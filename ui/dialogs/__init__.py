"""Dialogs: opened without a nested loop, and awaited."""
