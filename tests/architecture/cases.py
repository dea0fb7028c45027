"""One case for every address inside a centre: with which objects it is asked, and what its owner gets."""

from __future__ import annotations

from dataclasses import dataclass

POST_ONLY, GET_ONLY = 405, 405


@dataclass(frozen=True, slots=True)
class Case:
    """`path` is filled from the stage's objects; `get` and `post` (an empty form) are the owner's answers."""

    path: str
    get: int
    post: int


CASES = {
    "": Case("", 200, GET_ONLY),
    "agenda/": Case("agenda/", 200, GET_ONLY),
    "agenda/bloqueos/<int:block_id>": Case("agenda/bloqueos/{block}", 200, GET_ONLY),
    "agenda/bloqueos/<int:block_id>/quitar": Case("agenda/bloqueos/{block}/quitar", POST_ONLY, 200),
    "agenda/bloqueos/<int:block_id>/reponer": Case("agenda/bloqueos/{block}/reponer", POST_ONLY, 409),
    "agenda/bloqueos/nuevo": Case("agenda/bloqueos/nuevo", 200, 422),
    "agenda/buscar": Case("agenda/buscar?q=mu", 200, GET_ONLY),
    "agenda/cambios/<int:change_id>/deshacer": Case("agenda/cambios/{change}/deshacer", POST_ONLY, 200),
    "agenda/citas/<int:appointment_id>": Case("agenda/citas/{appointment}", 200, GET_ONLY),
    "agenda/citas/<int:appointment_id>/editar": Case("agenda/citas/{appointment}/editar", 200, 422),
    "agenda/citas/<int:appointment_id>/estado": Case("agenda/citas/{appointment}/estado", POST_ONLY, 403),
    "agenda/citas/<int:appointment_id>/mover": Case("agenda/citas/{appointment}/mover", POST_ONLY, 422),
    "agenda/datos": Case("agenda/datos", 200, GET_ONLY),
    "agenda/dias": Case("agenda/dias", 200, GET_ONLY),
    "agenda/lista": Case("agenda/lista", 200, GET_ONLY),
    "agenda/nueva": Case("agenda/nueva", 200, 422),
    "campana/": Case("campana/", 200, GET_ONLY),
    "campana/novedades": Case("campana/novedades", 200, GET_ONLY),
    "campana/lista": Case("campana/lista", 200, GET_ONLY),
    "configuracion/": Case("configuracion/", 200, GET_ONLY),
    "configuracion/centro": Case("configuracion/centro", 200, 422),
    "configuracion/correos": Case("configuracion/correos", 200, 422),
    "configuracion/correos/<slug:kind>/<slug:language>": Case(
        "configuracion/correos/confirmation/es", 200, 422
    ),
    "configuracion/correos/<slug:kind>/<slug:language>/original": Case(
        "configuracion/correos/confirmation/es/original", POST_ONLY, 302
    ),
    "configuracion/correos/<slug:kind>/<slug:language>/vista": Case(
        "configuracion/correos/confirmation/es/vista", 200, GET_ONLY
    ),
    "configuracion/excepciones/<int:object_id>/quitar": Case(
        "configuracion/excepciones/{exception}/quitar", POST_ONLY, 302
    ),
    "configuracion/feriados": Case("configuracion/feriados", 200, 422),
    "configuracion/feriados/<int:object_id>/quitar": Case(
        "configuracion/feriados/{holiday}/quitar", POST_ONLY, 302
    ),
    "configuracion/lista/<slug:kind>": Case("configuracion/lista/sucursales", 200, GET_ONLY),
    "configuracion/lista/<slug:kind>/<int:object_id>": Case(
        "configuracion/lista/sucursales/{branch}", 200, 422
    ),
    "configuracion/lista/<slug:kind>/<int:object_id>/eliminar": Case(
        "configuracion/lista/sucursales/{branch}/eliminar", POST_ONLY, 302
    ),
    "configuracion/lista/<slug:kind>/nuevo": Case("configuracion/lista/sucursales/nuevo", 200, 422),
    "configuracion/paso/<slug:step>/saltar": Case("configuracion/paso/centro/saltar", POST_ONLY, 302),
    "configuracion/por-llamar": Case("configuracion/por-llamar", 200, GET_ONLY),
    "configuracion/privacidad": Case("configuracion/privacidad", 200, 422),
    "configuracion/profesionales/<int:object_id>": Case(
        "configuracion/profesionales/{practitioner}", 200, 422
    ),
    "configuracion/profesionales/<int:practitioner_id>/excepciones": Case(
        "configuracion/profesionales/{practitioner}/excepciones", 200, 422
    ),
    "configuracion/profesionales/nuevo": Case("configuracion/profesionales/nuevo", 200, 422),
    "configuracion/reserva": Case("configuracion/reserva", 200, 422),
    "configuracion/soporte": Case("configuracion/soporte", 200, GET_ONLY),
    "configuracion/soporte/<int:access_id>/negar": Case(
        "configuracion/soporte/{support}/negar", POST_ONLY, 302
    ),
    "configuracion/soporte/<int:access_id>/permitir": Case(
        "configuracion/soporte/{support}/permitir", POST_ONLY, 302
    ),
    "configuracion/soporte/<int:access_id>/terminar": Case(
        "configuracion/soporte/{support}/terminar", POST_ONLY, 302
    ),
    "configuracion/tratamientos/<int:object_id>": Case("configuracion/tratamientos/{service}", 200, 422),
    "configuracion/tratamientos/nuevo": Case("configuracion/tratamientos/nuevo", 200, 422),
    "correos/": Case("correos/", 200, GET_ONLY),
    "correos/<int:delivery_id>/reenviar": Case("correos/{delivery}/reenviar", POST_ONLY, 302),
    "cuenta/": Case("cuenta/", 200, 422),
    "cuenta/idioma": Case("cuenta/idioma", POST_ONLY, 302),
    "cuenta/nombre": Case("cuenta/nombre", POST_ONLY, 422),
    "cuenta/sesion": Case("cuenta/sesion", 200, GET_ONLY),
    "cuenta/sesiones/<slug:mark>/cerrar": Case("cuenta/sesiones/unknown/cerrar", POST_ONLY, 302),
    "cuenta/sesiones/cerrar": Case("cuenta/sesiones/cerrar", POST_ONLY, 302),
    "embed.js": Case("embed.js", 200, GET_ONLY),
    "foto/<slug:mark>.png": Case("foto/photo-unknown.png", 404, GET_ONLY),
    "login": Case("login", 200, 422),
    "logo.png": Case("logo.png", 404, GET_ONLY),
    "logout": Case("logout", POST_ONLY, 302),
    "pacientes/": Case("pacientes/", 200, GET_ONLY),
    "pacientes/<int:patient_id>/": Case("pacientes/{patient}/", 200, GET_ONLY),
    "pacientes/<int:patient_id>/editar": Case("pacientes/{patient}/editar", 200, 422),
    "pacientes/buscar": Case("pacientes/buscar?q=mu", 200, GET_ONLY),
    "pacientes/diferencias": Case("pacientes/diferencias", 200, GET_ONLY),
    "pacientes/diferencias/<int:difference_id>/aceptar": Case(
        "pacientes/diferencias/{difference}/aceptar", POST_ONLY, 302
    ),
    "pacientes/diferencias/<int:difference_id>/descartar": Case(
        "pacientes/diferencias/{difference}/descartar", POST_ONLY, 302
    ),
    "pacientes/nuevo": Case("pacientes/nuevo", 200, 422),
    "privacidad": Case("privacidad", 200, GET_ONLY),
    "registro/": Case("registro/", 200, GET_ONLY),
    "reservar/datos": Case("reservar/datos", 400, 400),
    "reservar/hora": Case("reservar/hora", POST_ONLY, 422),
    "sin-conexion": Case("sin-conexion", 200, GET_ONLY),
    "sw.js": Case("sw.js", 200, GET_ONLY),
    "theme.css": Case("theme.css", 200, GET_ONLY),
    "usuarios/": Case("usuarios/", 200, GET_ONLY),
    "usuarios/<int:staff_id>": Case("usuarios/{staff}", 200, 422),
    "usuarios/<int:staff_id>/reinvitar": Case("usuarios/{invited}/reinvitar", POST_ONLY, 302),
    "usuarios/<int:staff_id>/retirar": Case("usuarios/{invited}/retirar", POST_ONLY, 302),
    "usuarios/invitar": Case("usuarios/invitar", 200, 422),
    "usuarios/roles/": Case("usuarios/roles/", 200, GET_ONLY),
    "usuarios/roles/<int:role_id>": Case("usuarios/roles/{role}", 200, 422),
    "usuarios/roles/<int:role_id>/eliminar": Case("usuarios/roles/{spare_role}/eliminar", POST_ONLY, 302),
    "usuarios/roles/nuevo": Case("usuarios/roles/nuevo", 200, 422),
    "v/<str:token>/": Case("v/{visit_token}/", 200, GET_ONLY),
    "v/<str:token>/cancelar": Case("v/{visit_token}/cancelar", 200, 303),
    "v/<str:token>/cita.ics": Case("v/{visit_token}/cita.ics", 200, GET_ONLY),
    "v/<str:token>/confirmar": Case("v/{visit_token}/confirmar", POST_ONLY, 303),
    "v/<str:token>/correo": Case("v/{visit_token}/correo", POST_ONLY, 409),
    "v/<str:token>/mover": Case("v/{visit_token}/mover", 200, 422),
}

# Addresses outside any centre, with the answers that anybody gets.
GLOBAL_CASES = {
    "": Case("", 200, GET_ONLY),
    "api/v1/openapi.json": Case("api/v1/openapi.json", 200, GET_ONLY),
    "api/v1/public/<str:tenant>": Case("api/v1/public/{slug}", 200, GET_ONLY),
    "api/v1/public/<str:tenant>/appointments": Case("api/v1/public/{slug}/appointments", POST_ONLY, 422),
    "api/v1/public/<str:tenant>/availability": Case("api/v1/public/{slug}/availability", 422, GET_ONLY),
    "invitation/<str:token>": Case("invitation/no-es-un-enlace", 404, 404),
    "live": Case("live", 200, GET_ONLY),
    "login": Case("login", 200, 422),
    "login/choose": Case("login/choose", POST_ONLY, 302),
    "mailbox/": Case("mailbox/", 404, GET_ONLY),
    "mailbox/<str:name>/": Case("mailbox/uno/", 404, GET_ONLY),
    "mailbox/<str:name>/html": Case("mailbox/uno/html", 404, GET_ONLY),
    "password/<str:token>": Case("password/no-es-un-enlace", 404, 404),
    "password/forgot": Case("password/forgot", 200, 422),
    "ready": Case("ready", 200, GET_ONLY),
}
OF_A_CENTRE = tuple(route for route in GLOBAL_CASES if "<str:tenant>" in route)

# Views that take no proof of a form from a cookie: patients' pages carry theirs signed, programs send JSON.
# (is inside a centre, route)
WITHOUT_CSRF_COOKIE = {
    (True, ""),
    (True, "privacidad"),
    (True, "reservar/datos"),
    (True, "reservar/hora"),
    (True, "v/<str:token>/"),
    (True, "v/<str:token>/cancelar"),
    (True, "v/<str:token>/cita.ics"),
    (True, "v/<str:token>/confirmar"),
    (True, "v/<str:token>/correo"),
    (True, "v/<str:token>/mover"),
    *((False, route) for route in OF_A_CENTRE),
}

# Mail as it looks, in a frame that may do nothing: its style stands inside it.
SANDBOXED = ("configuracion/correos/<slug:kind>/<slug:language>/vista",)

# What shared caches may keep, with the longest time in seconds: nothing in it depends on who asks.
CACHEABLE = {"theme.css": 600, "logo.png": 600, "foto/<slug:mark>.png": 600, "embed.js": 300, "": 10}
GLOBAL_CACHEABLE = {"api/v1/openapi.json": 3600, "": 10}
