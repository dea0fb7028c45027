"""One case for every address of the operator's console: with which objects it is asked, and what an operator gets."""

from __future__ import annotations

import re

from tests.architecture.cases import GET_ONLY, POST_ONLY, Case

OPERATOR_CASES = {
    "": Case("", 200, GET_ONLY),
    "centros/<slug:slug>/": Case("centros/{slug}/", 200, GET_ONLY),
    "almacenes/": Case("almacenes/", 200, GET_ONLY),
    "almacenes/<slug:name>/": Case("almacenes/{store}/", 200, GET_ONLY),
    "almacenes/<slug:name>/capacidad": Case("almacenes/{store}/capacidad", POST_ONLY, 422),
    "almacenes/<slug:name>/destruir": Case("almacenes/{store}/destruir", 200, 422),
    "almacenes/<slug:name>/nuevos": Case("almacenes/{store}/nuevos", POST_ONLY, 422),
    "almacenes/<slug:name>/revisar": Case("almacenes/{store}/revisar", POST_ONLY, 200),
    "centros/<slug:slug>/administrador": Case("centros/{slug}/administrador", POST_ONLY, 422),
    "centros/<slug:slug>/correos/<int:delivery_id>/reenviar": Case(
        "centros/{slug}/correos/1/reenviar", POST_ONLY, 302
    ),
    "centros/<slug:slug>/correos/reenviar": Case("centros/{slug}/correos/reenviar", POST_ONLY, 302),
    "centros/<slug:slug>/destruir": Case("centros/{slug}/destruir", 200, 422),
    "centros/<slug:slug>/estado": Case("centros/{slug}/estado", POST_ONLY, 422),
    "centros/<slug:slug>/listo": Case("centros/{slug}/listo", 200, GET_ONLY),
    "centros/<slug:slug>/quitar": Case("centros/{slug}/quitar", POST_ONLY, 302),
    "centros/<slug:slug>/respaldar": Case("centros/{slug}/respaldar", POST_ONLY, 302),
    "centros/<slug:slug>/soporte": Case("centros/{slug}/soporte", 200, GET_ONLY),
    "centros/<slug:slug>/soporte/entrar": Case("centros/{slug}/soporte/entrar", POST_ONLY, 302),
    "centros/<slug:slug>/soporte/pedir": Case("centros/{slug}/soporte/pedir", POST_ONLY, 422),
    "centros/<slug:slug>/soporte/terminar": Case("centros/{slug}/soporte/terminar", POST_ONLY, 302),
    "centros/<slug:slug>/trabajos/": Case("centros/{slug}/trabajos/", 200, GET_ONLY),
    "centros/<slug:slug>/trabajos/<int:job_id>/revivir": Case(
        "centros/{slug}/trabajos/1/revivir", POST_ONLY, 302
    ),
    "centros/<slug:slug>/trabajos/revivir": Case("centros/{slug}/trabajos/revivir", POST_ONLY, 302),
    "centros/<slug:slug>/trasladar": Case("centros/{slug}/trasladar", 200, 422),
    "centros/nuevo": Case("centros/nuevo", 200, 422),
    "encargos/": Case("encargos/", 200, GET_ONLY),
    "encargos/<int:order_id>/aceptar": Case("encargos/{order}/aceptar", 200, 422),
    "encargos/<int:order_id>/anular": Case("encargos/{order}/anular", POST_ONLY, 302),
    "encargos/ahora": Case("encargos/ahora", 200, GET_ONLY),
    "migraciones/": Case("migraciones/", 200, GET_ONLY),
    "migraciones/<int:run_id>/": Case("migraciones/{run}/", 200, GET_ONLY),
    "operadores/": Case("operadores/", 200, 422),
    "operadores/<int:operator_id>/anular": Case("operadores/{operator}/anular", POST_ONLY, 200),
    "operadores/<int:operator_id>/quitar": Case("operadores/{operator}/quitar", POST_ONLY, 302),
    "procesos/": Case("procesos/", 200, GET_ONLY),
    "registro/": Case("registro/", 200, GET_ONLY),
    "traslados/": Case("traslados/", 200, GET_ONLY),
    "traslados/<int:move_id>/": Case("traslados/{move}/", 200, GET_ONLY),
    "traslados/<int:move_id>/abandonar": Case("traslados/{move}/abandonar", POST_ONLY, 422),
    "traslados/<int:move_id>/avance": Case("traslados/{move}/avance", 200, GET_ONLY),
    "traslados/<int:move_id>/seguir": Case("traslados/{move}/seguir", POST_ONLY, 302),
    "trabajos/": Case("trabajos/", 200, GET_ONLY),
    "respaldos/": Case("respaldos/", 200, GET_ONLY),
    "respaldos/<int:backup_id>/": Case("respaldos/{backup}/", 200, GET_ONLY),
    "respaldos/<int:backup_id>/centro-nuevo": Case("respaldos/{backup}/centro-nuevo", POST_ONLY, 422),
    "respaldos/<int:backup_id>/destruir": Case("respaldos/{backup}/destruir", 200, 422),
    "respaldos/<int:backup_id>/restaurar": Case("respaldos/{backup}/restaurar", POST_ONLY, 422),
    "restauraciones/": Case("restauraciones/", 200, GET_ONLY),
    "restauraciones/<int:restore_id>/deshacer": Case("restauraciones/{restore}/deshacer", POST_ONLY, 302),
    "restauraciones/avance": Case("restauraciones/avance", 200, GET_ONLY),
    "sesion": Case("sesion", 200, GET_ONLY),
    "salir": Case("salir", POST_ONLY, 302),
}
DOORS = {
    "entrar": Case("entrar", 200, 422),
    "entrar/codigo": Case("entrar/codigo", POST_ONLY, 302),
    "invitacion/<str:token>": Case("invitacion/no-es-un-enlace", 404, 404),
}
HOME = "operador/"


def _of_nobody(case: Case) -> Case:
    """Whoever is no operator is sent to the log-in, whatever they ask for."""
    path = HOME + re.sub(r"\{(?!slug\})\w+\}", "1", case.path)
    return Case(path, case.get if case.get == GET_ONLY else 302, case.post if case.post == POST_ONLY else 302)


OF_NOBODY = {HOME + route: _of_nobody(case) for route, case in OPERATOR_CASES.items()} | {
    HOME + route: Case(HOME + case.path, case.get, case.post) for route, case in DOORS.items()
}
