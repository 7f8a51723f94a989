"""The worker beside the service: of the processes that serve on one host, one keeps it running.

Which one is decided by a lock on a file in the store. It ends with its process, however that ends; another one then
has it, and starts a worker anew. The worker itself ends when the process that started it is gone.
"""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
from threading import Thread
from time import sleep

from django.conf import settings

from . import store

log = logging.getLogger(__name__)

# Seconds after which a worker that ended is started again.
PAUSE = 5


def begin() -> None:
    """Take part in it from a thread of this process, unless the operator runs workers himself."""
    if settings.IMPORT_WORKER:
        Thread(target=_attend, name="imports", daemon=True).start()


def _attend() -> None:
    with (store.folder() / store.LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        while True:
            status = started().wait()
            log.warning("The worker of imports ended with status %d; starting it again in %d s.", status, PAUSE)
            sleep(PAUSE)


def started() -> subprocess.Popen[bytes]:
    """A worker that ends when this process does."""
    command = [sys.executable, "manage.py", "run_imports", "--attached"]
    environment = {**os.environ, "DATABASE_POOL_SIZE": "0"}
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, stdin=subprocess.PIPE)  # noqa: S603  # our own
