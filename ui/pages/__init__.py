"""The pages of the window, each in a module that loads when it is first shown."""
