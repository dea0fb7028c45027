"""Run by the peers' interpreter: so many tenants with one table each, at `inquilino-N.example`."""

from __future__ import annotations

import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.tenants_settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django_tenants.utils import schema_context  # noqa: E402

from bench.peers.tenants_data.models import Notice  # noqa: E402
from bench.peers.tenants_shared.models import Client, Domain  # noqa: E402


def main(count: int) -> None:
    call_command("migrate_schemas", shared=True, run_syncdb=True, verbosity=0)
    for number in range(count):
        one = Client(schema_name=f"inquilino_{number}", name=f"Inquilino {number}")
        one.save(verbosity=0)
        with schema_context(one.schema_name):
            with connection.schema_editor() as editor:
                editor.create_model(Notice)
            Notice.objects.create(kind="bench")
        Domain.objects.create(domain=f"inquilino-{number}.example", tenant=one, is_primary=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
