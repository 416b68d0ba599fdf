"""The faults that end a command with one clear line and exit status 2."""


class UserError(Exception):
    """Nothing can be done: the message is one line in Chinese, for the person at the keyboard."""
