"""A task prints one line at most, on the standard error that it was started with."""

from __future__ import annotations

import os
import subprocess
import sys

IMPORTS = "import os, sys; from metaflow_wandb._warn import say, say_all, say_once; "


def stderr_of(code: str, **options) -> str:
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([sys.executable, "-c", IMPORTS + code], text=True, check=True, **options)
    return done.stderr


def test_all_is_said_in_one_line():
    """At the end of the task, in the order in which it came up, and each thing once."""
    code = "say('a'); say('b\\nc'); say('a'); say_all(); say('d'); say_once('e')"
    assert stderr_of(code) == "metaflow-wandb: a; b c\n"


def test_task_without_its_last_hook_says_it_too():
    """As where Metaflow can't store a value."""
    assert stderr_of("say('a'); say('b')") == "metaflow-wandb: a; b\n"
    forking = "say('a'); child = os.fork(); child and os.waitpid(child, 0); sys.exit(0)"
    assert stderr_of(forking) == "metaflow-wandb: a\n"


def test_first_that_ends_logging_says_all():
    """At once, and nothing follows."""
    assert stderr_of("say('a'); say_once('lost'); say_once('again')") == "metaflow-wandb: a; lost\n"


def test_nothing_is_said_where_all_is_well():
    """Not even an empty line."""
    assert stderr_of("say_all()") == ""


def test_files_of_the_step_are_not_written_to(tmp_path):
    """Neither one that stands in for sys.stderr nor one that got its descriptor."""
    taken = tmp_path / "taken"
    code = f"os.close(2); os.open({str(taken)!r}, os.O_CREAT | os.O_WRONLY); say_once('a')"
    assert stderr_of(code) == ""
    assert taken.read_text() == ""
    code = "import io; sys.stderr = io.StringIO(); say_once('a'); print(sys.stderr.getvalue())"
    assert stderr_of(code, stdout=subprocess.DEVNULL) == "metaflow-wandb: a\n"


def test_full_pipe_is_not_waited_for():
    """Where nobody reads, nothing is said."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    stderr_of("say_once('a')", stderr=writer, timeout=60)
    os.close(reader)
    os.close(writer)
