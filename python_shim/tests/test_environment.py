"""What is told of the process, host, checkout and address."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from metaflow_wandb._address import sidecar_address
from metaflow_wandb._environment import environment_message, masked_arguments
from metaflow_wandb._git import read_git_state
from metaflow_wandb._project import derived_project


def git(directory, *arguments):
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=directory, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "trunk")
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    git(root, "remote", "add", "other", "https://example.org/other.git")
    git(root, "remote", "add", "origin", "https://user:pass@example.org/mine.git")
    (root / "sub" / "dir").mkdir(parents=True)
    return root


def test_git_state_is_what_git_says(checkout):
    """Commit, branch, root and the origin's URL without its credentials."""
    state = read_git_state(str(checkout / "sub" / "dir"))
    assert state.commit == git(checkout, "rev-parse", "HEAD")
    assert state.branch == "trunk"
    assert state.root == git(checkout, "rev-parse", "--show-toplevel")
    assert state.remote_url == "https://example.org/mine.git"


def test_packed_and_detached_heads_are_read(checkout):
    """After `git gc` and on a bare commit."""
    commit = git(checkout, "rev-parse", "HEAD")
    git(checkout, "pack-refs", "--all")
    assert read_git_state(str(checkout)).commit == commit
    git(checkout, "checkout", "-q", "--detach")
    detached = read_git_state(str(checkout))
    assert (detached.commit, detached.branch) == (commit, "")


def test_worktrees_are_read(checkout, tmp_path):
    """Where `.git` is a file."""
    tree = tmp_path / "tree"
    git(checkout, "worktree", "add", "-q", "-b", "side", str(tree))
    state = read_git_state(str(tree))
    assert (state.branch, state.root) == ("side", str(tree))
    assert state.commit == git(checkout, "rev-parse", "HEAD")
    assert state.remote_url == "https://example.org/mine.git"


def test_outside_a_checkout_there_is_no_state(tmp_path):
    """Nor in a broken one."""
    assert read_git_state(str(tmp_path)) is None
    (tmp_path / ".git").write_text("gitdir: /nowhere")
    assert read_git_state(str(tmp_path)) is None


def test_project_is_derived_as_by_the_client(checkout, monkeypatch):
    """The repository's name and the program's place in it."""
    from wandb.util import auto_project_name

    monkeypatch.chdir(checkout)
    root = str(checkout)
    for program in (
        "flow.py",
        "sub/dir/flow.py",
        str(checkout / "sub" / "f.py"),
        "/elsewhere/f.py",
    ):
        assert derived_project(root, program) == auto_project_name(program)
    assert derived_project("", "flow.py") == "uncategorized"


def test_secrets_of_the_command_line_are_masked():
    """Values of options that name a secret, and credentials in URLs."""
    arguments = [
        "--alpha",
        "1",
        "--api-key",
        "abc",
        "--token=abc",
        "run",
        "--url",
        "https://u:p@host/x",
        "--with",
        "environment:vars={}",
        "WANDB_API_KEY=abc",
    ]
    masked = masked_arguments(arguments)
    assert masked == [
        "--alpha",
        "1",
        "--api-key",
        "***",
        "--token=***",
        "run",
        "--url",
        "https://***@host/x",
        "--with",
        "environment:vars={}",
        "WANDB_API_KEY=***",
    ]


def test_environment_tells_of_this_process(monkeypatch):
    """Python, program, host; of the W&B variables those that the sidecar heeds."""
    for name in ("WANDB_PROJECT", "WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.setenv(name, name.lower())
    message = environment_message()
    assert message.executable == sys.executable
    assert message.cpu_count >= 1
    assert message.os == platform.platform(aliased=True)
    assert dict(message.wandb_env) == {"WANDB_PROJECT": "wandb_project", "WANDB_MODE": "wandb_mode"}


def test_no_program_is_run_to_tell_of_it():
    """Starting one takes time, and the step's process is not ours to fork."""
    code = (
        "import metaflow, sys; from metaflow_wandb._environment import environment_message; "
        "sys.addaudithook(lambda event, _: event == 'subprocess.Popen' and print(event)); "
        "environment_message(); print('done')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["done"]


@pytest.mark.parametrize(
    ("text", "target", "socket_path"),
    [
        ("", "unix:/home/me/.metaflow-wandb/sidecar.sock", "/home/me/.metaflow-wandb/sidecar.sock"),
        ("unix:/run/s.sock", "unix:/run/s.sock", "/run/s.sock"),
        ("unix:///run/s.sock", "unix:/run/s.sock", "/run/s.sock"),
        ("host:1234", "host:1234", ""),
        ("[::1]:1234", "[::1]:1234", ""),
    ],
)
def test_address_of_the_sidecar(monkeypatch, text, target, socket_path):
    """A socket or a port; by default the user's own socket."""
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("METAFLOW_WANDB_SIDECAR", text)
    address = sidecar_address()
    assert (address.target, address.socket_path) == (target, socket_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("METAFLOW_WANDB_SIDECAR", "host"), ("METAFLOW_WANDB_TIMEOUT", "soon")],
)
def test_wrong_setting_is_named(monkeypatch, name, value):
    """The message says which variable is wrong."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name):
        sidecar_address()
