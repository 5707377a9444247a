"""What a person sees and does: Qt widgets, item models, dialogs."""
