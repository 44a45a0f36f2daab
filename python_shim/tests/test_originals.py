"""What came from a task that `resume` cloned, or by Metaflow's client, is told by who ran it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from conftest import run_in, served
from support.fake_sidecar import FakeSidecar, Recording


@dataclass
class Story:
    """A run that failed, two resumes of it, and a flow that reads the last."""

    first: FakeSidecar
    second: FakeSidecar
    third: FakeSidecar
    asks: FakeSidecar


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    directory = tmp_path_factory.mktemp("resumed")

    def recorded(name: str, fail_in: str, *arguments: str) -> FakeSidecar:
        with served() as fake:
            run_in(directory, name, arguments, fake.address, not fail_in, {"FAIL_IN": fail_in})
            return fake

    first = recorded("resumed", "gather", "run")
    second = recorded("resumed", "end", "resume")
    second_run = second.one("gather").open.task.run_id
    third = recorded("resumed", "", "resume", "--origin-run-id", second_run)
    return Story(first, second, third, recorded("asks", "", "run"))


def by_index(sidecar: FakeSidecar) -> list[Recording]:
    return sorted(sidecar.by_step("body"), key=lambda each: each.open.foreach_stack[0].index)


def key(task) -> tuple:
    return task.flow_name, task.run_id, task.step_name, task.task_id, task.attempt


def test_a_join_after_resume_reads_what_the_siblings_made_that_ran(story):
    """Each is told apart, though all stored the same bytes."""
    ran = {key(each.open.task) for each in story.first.by_step("body")}
    gather = story.second.one("gather")
    read = [each for each in gather.snapshot.reads if each.name == "frame"]
    assert gather.open.task.run_id != story.first.one("start").open.task.run_id
    assert {key(each.source) for each in read} == ran
    assert len(ran) == 3


def test_what_was_passed_on_before_a_resume_comes_from_who_passed_it_on(story):
    """Values that a clone passes on come from the original too."""
    hashes = {each.name: each for each in story.second.one("gather").close.content_hashes}
    assert hashes["kept"].inherited_from.run_id == story.first.one("start").open.task.run_id


def test_a_clone_of_a_clone_is_told_by_who_ran_it(story):
    """A second resume clones what the first one cloned."""
    gathered = story.second.one("gather").open.task
    (read,) = story.third.one("end").snapshot.reads
    assert (read.name, key(read.source)) == ("kept", key(gathered))


def test_reads_through_the_client_name_the_task_that_ran(story):
    """Whatever way leads to a value, in threads too; Metaflow's own values don't count."""
    reads = story.asks.one("start").snapshot.reads
    end = story.third.one("end")
    bodies = {key(each.open.task) for each in by_index(story.first)}
    assert {each.name for each in reads} == {"kept", "frame"}
    (kept,) = [each for each in reads if each.name == "kept"]
    assert kept.source == end.open.task
    frames = [each for each in reads if each.name == "frame"]
    assert len(frames) == 2
    assert {key(each.source) for each in frames} <= bodies
    hashes = {
        each.name: each.content_hash for each in by_index(story.first)[0].close.content_hashes
    }
    assert {each.content_hash for each in frames} == {hashes["frame"]}
