"""Stops the run at once on SIGTERM or SIGINT, also in the middle of a long call into PyTorch.

Python runs signal handlers between two of its own instructions, which a training step on the CPU can put off for
seconds. So the C-level handler writes the signal's number into a pipe, and a thread that waits there acts on it.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_on_signal(stop: Callable[[int], None]) -> None:
    """Calls `stop(signal number)` in a thread of its own at the first SIGTERM or SIGINT. Call from the main thread.

    `stop` is expected to end the process. Children that fork from this process keep the default behaviour.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget_in_child)

    def wait() -> None:
        while True:
            number = os.read(reader, 1)[0]
            if number in SIGNALS:
                stop(number)
                return

    threading.Thread(target=wait, name="stop-on-signal", daemon=True).start()


def _forget_in_child() -> None:
    # A child shares the pipe: a SIGTERM meant for a compiler's worker process must not stop the training.
    try:
        signal.set_wakeup_fd(-1)
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
    except ValueError:
        pass  # Forked from another thread: Python then delivers its signals to no one, and exec resets them.
