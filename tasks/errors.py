"""The one error a user can cause and mend."""


class InputError(ValueError):
    """Something a user gave is wrong.

    The message says what is wrong, the value, what was expected, where, and what to do; the command line prints it
    without a traceback.
    """
