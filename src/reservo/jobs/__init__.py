"""Work that follows from a change: put with it, done off the web nodes, neither lost nor repeated."""

from reservo.jobs.tasks import Task, UnknownTask, put, task

__all__ = ["Task", "UnknownTask", "put", "task"]
