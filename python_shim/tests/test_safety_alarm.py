"""What holds of SIGALRM, and of whatever hangs, in each of the shim's hooks."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from metaflow_wandb import _patience
from metaflow_wandb._faults import may_be_swallowed
from metaflow_wandb._hooks import guarded


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    monkeypatch.setattr(_patience, "_watch", _patience._Watch())
    _patience.set_patience(0.4)


def test_alarm_of_the_step_goes_on_where_it_was():
    """Handler, time left and interval are as before, and the time in the hook does not count."""
    rung = []
    previous = signal.signal(signal.SIGALRM, lambda *_: rung.append("step"))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3, 7)
        with guarded():
            time.sleep(0.5)
        seconds_left, interval = signal.getitimer(signal.ITIMER_REAL)
        assert rung == []
        assert 0 < seconds_left <= 0.3
        assert interval == 7
        signal.pause()
        assert rung == ["step"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_hang_ends_though_it_is_caught():
    """A hook goes on after a value that hangs, with half the patience each time."""
    waited = []

    def hang(seconds: float = 3600.0) -> None:
        try:
            time.sleep(seconds)
        except BaseException as error:
            if not may_be_swallowed(error):
                raise
            waited.append(str(error))

    with guarded(quiet=True):
        while True:
            hang()
    assert [text.split()[-2] for text in waited] == ["0.4", "0.2", "0.1", "0.05"]


def test_hang_of_a_lock_ends():
    """A deadlock, in which no line of Python runs, is one."""
    lock = threading.Lock()
    lock.acquire()
    with guarded(quiet=True):
        lock.acquire()
    assert lock.locked()


def test_work_that_moves_is_not_cut_off():
    """However long it takes, while it says that something moves, or is allowed to be slow."""
    done = []
    with guarded(quiet=True):
        for _ in range(6):
            time.sleep(0.15)
            _patience.moved()
        _patience.moved(allowance_s=1.0)
        time.sleep(0.9)
        with _patience.waiting():
            time.sleep(0.9)
        done.append(True)
    assert done == [True]


def test_exceptions_of_the_process_pass():
    """What another signal's handler raises is meant for the step, in a hook too."""

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    previous = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(Stop), guarded():
            signal.raise_signal(signal.SIGUSR1)
        with pytest.raises(KeyboardInterrupt), guarded():
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGUSR1, previous)


def test_hooks_off_the_main_thread_leave_signals_alone():
    """Python lets no other thread set a handler."""
    seen = []

    def hook() -> None:
        with guarded():
            seen.append(signal.getsignal(signal.SIGALRM))

    before = signal.getsignal(signal.SIGALRM)
    thread = threading.Thread(target=hook)
    thread.start()
    thread.join()
    assert seen == [before]
