from tests.post import at_time, post  # noqa: F401
