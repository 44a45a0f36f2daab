"""Four processes log to one collection at once; each prints the versions it got."""

import json
import subprocess
import sys

import wandb

VERSIONS_EACH = 5

if sys.argv[1:] == ["writer"]:
    with wandb.init(project="p") as run:
        got = []
        for index in range(VERSIONS_EACH):
            made = wandb.Artifact("shared", "dataset")
            with made.new_file("f.txt") as file:
                file.write(f"{run.id} {index}")
            got.append(run.log_artifact(made).wait().version)
    print(json.dumps(got))
else:
    command = [sys.executable, __file__, "writer"]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [writer.communicate()[0].strip().split("\n")[-1] for writer in writers]
    print(json.dumps([version for answer in answers for version in json.loads(answer)]))
