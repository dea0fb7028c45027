"""The mark that makes an installation a demo: written into fresh data alone, before settings are read."""

from __future__ import annotations

import json
import sys

from reservo.config import environment


def mark_as_demo() -> None:
    data = environment.data_dir()
    mark = data / "installation.json"
    if mark.exists():
        return
    if (data / "control.db").exists():
        sys.exit(f"{data} holds an installation that is no demo; choose another place with RESERVO_DATA_DIR.")
    mark.write_text(json.dumps({"demo": True}))
