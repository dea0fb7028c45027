"""What was found of a store, in the operator's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reservo.tenancy.servers import Finding

_WHAT = {
    "answers": lambda: _("%(address)s responde"),
    "writable": lambda: _("Se puede escribir en %(folder)s"),
    "version": lambda: "%(engine)s %(version)s",
    "may_provision": lambda: _("El usuario que aprovisiona puede hacer lugares para centros"),
    "no_own_rights": lambda: _("El usuario de la aplicación no tiene permisos propios"),
    "no_public": lambda: _("El usuario de la aplicación no puede escribir en «public»"),
    "may_note": lambda: _("Un centro puede anotar sus cambios mientras se traslada"),
    "may_enter": lambda: _("La aplicación puede entrar"),
    "replica_answers": lambda: _("La réplica %(replica)s responde"),
    "replica_follows": lambda: _("La réplica va %(seconds)s s atrás (está en %(position)s)"),
    "replica_receives": lambda: _("La réplica recibe los cambios (está en %(position)s)"),
    "replica_stands_by": lambda: _("%(replica)s es una réplica en espera"),
    "replica_may_promote": lambda: _("El usuario de la réplica puede promoverla"),
    "replica_waits": lambda: _("Una vez promovida, la réplica no espera a nadie"),
}
_MEND = {
    "writable": lambda: _("Dáselo al usuario con que corre reservo."),
    "version": lambda: _("Hace falta %(least)s o una más nueva."),
    "no_own_rights": lambda: _("Quítale (REVOKE) lo que tenga: solo los roles le dan permisos. %(mend)s"),
    "may_note": lambda: _("El servidor escribe un registro binario: %(mend)s"),
    "replica_answers": lambda: _("Arréglala, o retírala con «reservo stores replica remove»: %(error)s"),
    "replica_follows": lambda: _("Mira la red entre ambos servidores y el registro de la réplica."),
    "replica_receives": lambda: _("Mira la red entre ambos servidores y el registro de la réplica."),
    "replica_stands_by": lambda: _(
        "De solo lectura y siguiendo a su principal; una promovida a mano ya no lo es."
    ),
    "replica_may_promote": lambda: _("En el principal, al usuario que aprovisiona: %(mend)s"),
    "replica_waits": lambda: _(
        "Su synchronous_standby_names es «%(servers)s»: déjalo vacío, o ninguna escritura terminaría."
    ),
}
KEYS = frozenset(_WHAT)


@dataclass(frozen=True, slots=True)
class Said:
    what: str
    well: bool
    mend: str


def said(finding: Finding) -> Said:
    """What has no words here is said as a terminal says it: a message of a server, a statement to run."""
    facts = finding.facts | {"mend": finding.mend}
    what, mend = _WHAT.get(finding.key), _MEND.get(finding.key)
    return Said(
        what() % facts if what else finding.what, finding.well, mend() % facts if mend else finding.mend
    )
