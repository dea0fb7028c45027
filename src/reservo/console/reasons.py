"""Why something was refused, and how an order ended, in the operator's language."""

from __future__ import annotations

from django.utils.translation import gettext as _

from reservo.console import findings
from reservo.fleet.models import Order
from reservo.fleet.reasons import Reasoned

WHY = {
    "restoring": lambda: _("%(centre)s se está restaurando: espera a que termine, o abandónalo."),
    "moving": lambda: _("%(centre)s se está trasladando: espera a que termine, o abandónalo."),
    "no_centre": lambda: _("No hay ningún centro %(centre)s."),
    "there_already": lambda: _("%(centre)s ya está en %(store)s."),
    "disabled": lambda: _("%(centre)s está desactivado: ábrelo o ponlo en mantención antes."),
    "migrating": lambda: _(
        "%(centre)s está recibiendo una versión nueva: vuelve a intentarlo en un momento."
    ),
    "promoting": lambda: _(
        "El respaldo en espera de %(store)s está tomando el lugar de su servidor principal: termina eso antes."
    ),
    "draining": lambda: _("%(store)s se está vaciando y no recibe centros."),
    "full": lambda: _("%(store)s está lleno (%(capacity)s)."),
    "unfit": lambda: _("%(store)s no está en condiciones. %(what)s: no. %(mend)s"),
    "kept": lambda: _("El lugar anterior se guarda hasta el %(until)s UTC."),
    "no_other_state": lambda: _("No hay otro estado al cual volver."),
    "other_state_lost": lambda: _("El estado anterior ya no está en %(store)s."),
    "unreadable": lambda: _("No se puede leer %(namespace)s."),
    "lived_in": lambda: _("Todavía viven centros ahí: trasládalos antes."),
    "place_kept": lambda: _("Ahí se guarda todavía el lugar anterior de un centro trasladado."),
    "move_target": lambda: _("Hay un centro en camino hacia ahí."),
    "state_kept": lambda: _("Ahí se guarda todavía el otro estado de un centro restaurado."),
    "not_disabled": lambda: _("Ya no estaba deshabilitado: no se tocó."),
    "no_last_backup": lambda: _("Su último respaldo no resultó, y sin él no se destruye: %(error)s"),
    "porter_lost": lambda: _("El proceso que lo hacía murió cada vez."),
}
ENDED = {
    "moved": lambda: _("%(rows)s filas; pausa de %(pause)s s"),
    "aborted": lambda: _("Se abandonó"),
    "restored": lambda: _("Quedó como estaba el %(data_of)s UTC"),
    "undone": lambda: _("Volvió al estado anterior"),
    "made": lambda: _("%(centre)s está listo, en mantención"),
    "gone": lambda: _("Ya no está"),
    "gone_after_backup": lambda: _("Ya no está; su último respaldo es %(backup)s"),
    "gone_from": lambda: _("Ya no está en %(place)s"),
    "gone_but_in": lambda: _("Ya no está en %(place)s; sigue en %(others)s"),
}


def why(refused: Reasoned, **facts: object) -> str:
    """What has no words here is said as a terminal says it."""
    facts |= refused.facts
    if "found" in facts:
        found_out = findings.said(refused.facts["found"])
        facts |= {"what": found_out.what, "mend": found_out.mend}
    words = WHY.get(refused.reason)
    return words() % facts if words else str(refused)


def ended(order: Order) -> str:
    """Nothing while it is open; the words of a terminal where the order kept no others."""
    words = (WHY if order.error else ENDED).get(order.ending.get("key", ""))
    facts = {"centre": order.name, **order.ending}
    return words() % facts if words else order.error or order.said
