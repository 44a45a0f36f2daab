"""`wandb.integration.metaflow` resolves to the shim where the variable asks for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

REPLACE = "METAFLOW_WANDB_REPLACE_UPSTREAM"


def python(code: str, **env: str) -> str:
    """Run `code` in a fresh interpreter and return what it prints."""
    clean = {name: value for name, value in os.environ.items() if name != REPLACE}
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean | env, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("before", ["", "import metaflow; ", "import wandb; "])
@pytest.mark.parametrize("below", ["", ".metaflow"])
def test_name_of_upstream_is_the_shim(before, below):
    """Whatever was imported first; and neither torch, pandas nor sklearn come along."""
    code = (
        f"{before}from wandb.integration.metaflow{below} import wandb_log, wandb_track, wandb_use; "
        "import sys; "
        "print(wandb_log.__module__, wandb_use.__module__, wandb_track.__module__, "
        "any(name in sys.modules for name in ('torch', 'pandas', 'sklearn')))"
    )
    shim = "metaflow_wandb._log metaflow_wandb._track metaflow_wandb._track False"
    assert python(code, **{REPLACE: "1"}) == shim


def test_upstream_is_left_alone_otherwise():
    """Without the variable the name is W&B's."""
    code = "import importlib.util as u; print(u.find_spec('wandb.integration.metaflow').origin)"
    assert python(code).endswith("wandb/integration/metaflow/__init__.py")


def test_unused_interpreter_imports_nothing():
    """A Python that asks for nothing does not load the shim."""
    assert python("import sys; print('metaflow_wandb' in sys.modules)") == "False"


def test_importing_metaflow_stays_cheap():
    """Neither gRPC nor protobuf before a decorated task runs."""
    code = (
        "import metaflow, sys; from metaflow_wandb import wandb_log; "
        "heavy = ('grpc', 'google.protobuf', 'wandb', 'numpy'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    assert python(code) == "[]"


def test_metaflow_runs_git_for_itself_alone(tmp_path):
    """Though it shows our version beside its own."""
    git = tmp_path / "git"
    git.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit 1\n')
    git.chmod(0o755)
    code = "from metaflow.metaflow_version import get_version; print(get_version())"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    assert python(code, PATH=path).endswith("+metaflow-wandb(0.1.0)")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["ls-files --error-unmatch __init__.py"]


def test_asyncio_half_of_grpc_still_works():
    """It is loaded on first use only, and then it is the real one."""
    code = (
        "from metaflow_wandb._lean_imports import import_grpc; import sys; g = import_grpc(); "
        "lean = 'grpc.aio._channel' not in sys.modules; "
        "import grpc, grpc.aio; from grpc.aio import insecure_channel, UnaryUnaryCall; "
        "from grpc.aio._channel import Channel; "
        "print(lean, insecure_channel.__module__, grpc.aio.Channel is not None, "
        "sys.modules['grpc.aio'].__name__)"
    )
    assert python(code) == "True grpc.aio._channel True grpc.aio"


def test_protobuf_is_whole_for_a_step_that_uses_it():
    """Its implementation in Python is loaded on first use only, and then it is the real one."""
    code = (
        "from metaflow_wandb._lean_imports import import_protobuf; import_protobuf(); import sys; "
        "lean = 'google.protobuf.internal.decoder' not in sys.modules; "
        "import google.protobuf.internal.python_message as pure, pickle; pure.patched = 1; "
        "from google.protobuf import descriptor_pb2, json_format, text_format, timestamp_pb2; "
        "stamp = timestamp_pb2.Timestamp(); stamp.FromJsonString('1970-01-01T00:00:05Z'); "
        "nested = descriptor_pb2.DescriptorProto.ExtensionRange(start=1); "
        "print(lean, stamp.ToSeconds(), json_format.MessageToJson(stamp), "
        "text_format.MessageToString(pickle.loads(pickle.dumps(nested))), "
        "pure.GeneratedProtocolMessageType.__module__, "
        "sys.modules['google.protobuf.internal.python_message'].patched)"
    )
    expected = 'True 5 "1970-01-01T00:00:05Z" start: 1 google.protobuf.internal.python_message 1'
    assert " ".join(python(code).split()) == expected


def test_protobuf_in_python_is_left_as_it_is():
    """Where it is what messages are made by, nothing is put off."""
    code = (
        "from metaflow_wandb._lean_imports import import_protobuf; import_protobuf(); import sys; "
        "from metaflow_wandb._gen import ingest_pb2 as pb; "
        "print('google.protobuf.internal.decoder' in sys.modules, "
        "pb.Read.FromString(pb.Read(name='x').SerializeToString()).name)"
    )
    assert python(code, PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION="python") == "True x"
