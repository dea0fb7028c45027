import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "What is wrong with this installation, and how to mend it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        from reservo.config import doctor

        findings = doctor.examine()
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2))
        for finding in [] if options["json"] else findings:
            mark = "ok   " if finding.well else "WRONG"
            self.stdout.write(
                f"{mark} {finding.what}" + ("" if finding.well else f"\n      mend: {finding.mend}")
            )
        if not all(finding.well for finding in findings):
            raise SystemExit(1)
