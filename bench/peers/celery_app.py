"""Celery with a task that does nothing."""

import os

from celery import Celery

app = Celery("bench", broker=os.environ["PEER_REDIS"])
app.conf.task_ignore_result = True
app.conf.worker_hijack_root_logger = False


@app.task(name="bench.nothing")
def nothing() -> None:
    return
