"""A flow that is exported to run elsewhere keeps its decoration, and no secret goes along."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
from support.both_ways import Command, run_side

from shapes.conftest import FLOWS

SECRETS = {
    "METAFLOW_WANDB_TOKEN": "token-of-the-sidecar",
    "WANDB_API_KEY": "key-of-wandb",
}
STORE = {
    "METAFLOW_DATASTORE_SYSROOT_S3": "s3://nowhere/metaflow",
    "METAFLOW_DEFAULT_METADATA": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@pytest.fixture(scope="module", params=[{}, {"PLAIN": "1"}], ids=["decorated", "decospecs"])
def exported(request, tmp_path_factory):
    """The template, and what was put into the store: the code package."""
    env = {**STORE, **SECRETS, **request.param}
    side = run_side(
        FLOWS / "deploy_from_python.py",
        (Command(()),),
        tmp_path_factory.mktemp("exported") / "here",
        env,
    )
    (done,) = side.done
    assert done.exit_code == 0, done.output
    (package,) = (path.read_bytes() for path in side.root.iterdir() if path.name.isalnum())
    return "PLAIN" not in request.param, done.output, package


def test_export_keeps_the_decoration(exported):
    """One in the code is in the code; one from outside is on each step's command line."""
    is_decorated, output, _ = exported
    template = json.loads(next(line for line in output.splitlines() if line.startswith("{")))
    steps = [each for each in template["spec"]["templates"] if each["name"] in ("start", "end")]
    assert len(steps) == 2
    for each in steps:
        # A decoration that is in the code is not repeated.
        assert ("wandb_log:datasets=False,models=True" in json.dumps(each)) is not is_decorated


def test_export_holds_no_secret(exported):
    """Neither the template nor any file of the code package, but for what is in the user's code."""
    _, output, package = exported
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        contents = {each.name: files.extractfile(each).read() for each in files if each.isfile()}
    assert any(name.endswith("exported.py") for name in contents)
    for secret in SECRETS.values():
        assert secret not in output
        assert not [name for name, data in contents.items() if secret.encode() in data]
    assert "key-of-the-settings" not in output


def test_export_ships_the_decorator(exported):
    """Metaflow puts its extensions into the code package."""
    _, _, package = exported
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        names = files.getnames()
    assert any(name.endswith("plugins/wandb_log_decorator.py") for name in names)
