"""Which group of measurements yields which figures. The whole of the issue's list stands here."""

_PAIRS = (
    *("sqlite-postgresql", "postgresql-mariadb", "mariadb-sqlite"),
    *("sqlite-mariadb", "mariadb-postgresql", "postgresql-sqlite"),
)

GROUPS: dict[str, tuple[str, ...]] = {
    "availability": (
        "availability-1x7",
        "availability-10x30",
        "availability-queries",
        "availability-1x7-peer",
        "availability-10x30-peer",
    ),
    "bookings": ("bookings-contested", "bookings-one-winner", "bookings-answers", "bookings-rate"),
    "week": ("week-json", "week-json-5m"),
    "centres": (
        "day-page",
        "day-page-1000-centres",
        "day-page-empty-view",
        "centre-ready",
        "centres-1000-made",
        "centre-ready-postgresql",
        "centre-ready-mariadb",
    ),
    "jobs": ("jobs-rate", "jobs-pickup-p50", "jobs-pickup-p99", "jobs-memory"),
    "reminders": ("reminders-lost", "reminders-twice", "reminders-memory", "reminders-rate"),
    "live": ("demo-memory", "live-memory", "live-p50", "live-p99"),
    "backups": (
        *("backup-sqlite", "restore-sqlite", "backup-postgresql", "restore-postgresql"),
        *("backup-mariadb", "restore-mariadb", "page-beside-backup"),
    ),
    "fleet": ("fleet-disk", "fleet-node-memory", "fleet-cold-request", "fleet-migrate"),
    "moves": (*(f"move-{pair}" for pair in _PAIRS), *(f"move-pause-{pair}" for pair in _PAIRS)),
    "engines": ("engine-sqlite", "engine-postgresql", "engine-mariadb", "engine-postgresql-peer"),
    "neighbours": ("neighbours-files", "neighbours-shared", "neighbours-own", "neighbours-refused"),
    "first-step": ("first-step-bytes", "first-step-tappable"),
}


def groups_of(names: list[str]) -> list[str]:
    """The groups that yield what was asked for; all of them if nothing was. Raises KeyError."""
    if not names:
        return list(GROUPS)
    by_figure = {figure: group for group, figures in GROUPS.items() for figure in figures}
    wanted = {name if name in GROUPS else by_figure[name] for name in names}
    return [group for group in GROUPS if group in wanted]


def is_asked(figure: str, group: str, names: list[str]) -> bool:
    return not names or group in names or figure in names
