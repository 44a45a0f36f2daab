"""Reads what another flow's runs hold, through Metaflow's client."""

import threading

from metaflow import Flow, FlowSpec, Run, Task, namespace, step

from metaflow_wandb import wandb_log


class AsksFlow(FlowSpec):
    @wandb_log
    @step
    def start(self):
        namespace(None)
        run = Flow("ResumedFlow").latest_run
        self.rows = len(run.data.kept)
        assert run.successful
        bodies = list(Run(run.pathspec)["body"])
        self.sizes = [len(bodies[0].artifacts.frame.data)]
        frames = Task(bodies[1].pathspec)["frame"]
        thread = threading.Thread(target=lambda: frames.data)
        thread.start()
        thread.join()
        self.indices = [each.index for each in bodies[:2]]
        self.next(self.end)

    @wandb_log
    @step
    def end(self):
        pass


if __name__ == "__main__":
    AsksFlow()
