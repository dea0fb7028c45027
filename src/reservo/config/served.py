"""Granian with a pulse: its first process, which keeps the others, can hang too."""

if __name__ == "__main__":
    from granian.cli import entrypoint

    from reservo.config import pulse

    pulse.begin()
    entrypoint()
