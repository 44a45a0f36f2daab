"""Logs versions, links and deletes them, and reads everything back."""

import json
import pathlib

import wandb
from wandb.errors import Error

pathlib.Path("dir/sub").mkdir(parents=True)
pathlib.Path("dir/sub/b.txt").write_text("bee")
referred = pathlib.Path("referred.txt").absolute()
referred.write_text("not uploaded")


def log(run, text, aliases=(), **options):
    pathlib.Path("dir/a.txt").write_text(text)
    artifact = wandb.Artifact("ds", "dataset", **options)
    artifact.add_dir("dir")
    artifact.add_reference(referred.as_uri(), name="ref")
    return run.log_artifact(artifact, aliases=list(aliases)).wait()


with wandb.init(project="p", id="maker") as run:
    first = log(run, "one", metadata={"k": 1}, description="d")
with wandb.init(project="p", id="same") as run:
    same = log(run, "one", ["again"])
with wandb.init(project="p", id="second") as run:
    second = log(run, "two", ["prod"])
    run.link_artifact(second, "portfolio", aliases=["best"])
    run.link_artifact(second, "wandb-registry-model/registered", aliases=["candidate"])

api = wandb.Api()
latest = api.artifact("p/ds:latest")
root = pathlib.Path(latest.download())
answers = {
    "versions": [first.version, same.version, second.version],
    "ids": [first.id == same.id, first.id != second.id],
    "v0": [
        api.artifact("p/ds:v0").metadata,
        api.artifact("p/ds:v0").description,
        api.artifact("p/ds:v0").aliases,
    ],
    "latest": [
        latest.version,
        sorted(latest.aliases),
        (root / "a.txt").read_text(),
        (root / "sub/b.txt").read_text(),
    ],
    "files": sorted(file.name for file in latest.files()),
    "reference": [latest.manifest.entries["ref"].ref == referred.as_uri(), (root / "ref").read_text()],
    "linked": [
        api.artifact("p/portfolio:best").source_name,
        [a.qualified_name for a in latest.linked_artifacts],
    ],
    "registered": [
        api.artifact("wandb-registry-model/registered:candidate").source_name,
        api.organization().name,
    ],
    "exists": [api.artifact_exists("p/ds:v1"), api.artifact_exists("p/ds:v9")],
    "producers": sorted(
        a.id == first.id for run in ("maker", "same") for a in api.run(f"p/{run}").logged_artifacts()
    ),
}
latest.metadata["new"] = [1, 2]
latest.aliases.append("more")
latest.tags.append("tagged")
latest.save()
reread = wandb.Api().artifact("p/ds:more")
answers["updated"] = [reread.metadata["new"], reread.tags, reread.version]

try:
    reread.delete()
except Error as error:
    answers["refused"] = "aliases" in str(error)
reread.delete(delete_aliases=True)
api = wandb.Api()
answers["after_delete"] = [
    [v.version for v in api.artifacts("dataset", "p/ds")],
    api.artifact("p/ds:latest").version,
    pathlib.Path(api.artifact("p/ds:v0").download(root="v0"), "sub/b.txt").read_text(),
]
collection = api.artifact_collection("dataset", "p/ds")
collection.name = "renamed"
collection.description = "about"
collection.save()
answers["renamed"] = [
    api.artifact("p/renamed:v0").version,
    api.artifact_collection("dataset", "p/renamed").description,
]
answers["types"] = [t.name for t in wandb.Api().artifact_types("p")]
try:
    with wandb.init(project="p") as run:
        run.log_artifact(wandb.Artifact("renamed", "model")).wait()
except ValueError as error:
    answers["other_type"] = "already exists with type" in str(error)
print(json.dumps(answers))
