from django.urls import path

from reservo.console.views import centres, entering, operators, schemas, stores, trail, work

app_name = "console"
urlpatterns = [
    path("", centres.index, name="centres"),
    path("entrar", entering.log_in, name="login"),
    path("entrar/codigo", entering.code, name="code"),
    path("salir", entering.log_out, name="logout"),
    path("invitacion/<str:token>", entering.invitation, name="invitation"),
    path("centros/nuevo", centres.create, name="centre_create"),
    path("centros/<slug:slug>/", centres.centre, name="centre"),
    path("centros/<slug:slug>/listo", centres.readiness, name="readiness"),
    path("centros/<slug:slug>/estado", centres.state_change, name="state_change"),
    path("centros/<slug:slug>/administrador", centres.administrator_invite, name="administrator_invite"),
    path("centros/<slug:slug>/quitar", centres.discard, name="discard"),
    path("centros/<slug:slug>/trabajos/", work.centre, name="work"),
    path("centros/<slug:slug>/trabajos/revivir", work.revive, name="revive_all"),
    path("centros/<slug:slug>/trabajos/<int:job_id>/revivir", work.revive, name="revive"),
    path("centros/<slug:slug>/correos/reenviar", work.send_again, name="send_all_again"),
    path("centros/<slug:slug>/correos/<int:delivery_id>/reenviar", work.send_again, name="send_again"),
    path("almacenes/", stores.index, name="stores"),
    path("almacenes/<slug:name>/", stores.store, name="store"),
    path("almacenes/<slug:name>/revisar", stores.check, name="store_check"),
    path("almacenes/<slug:name>/capacidad", stores.capacity_change, name="store_capacity"),
    path("almacenes/<slug:name>/nuevos", stores.drain, name="store_drain"),
    path("trabajos/", work.index, name="jobs"),
    path("procesos/", work.processes, name="processes"),
    path("migraciones/", schemas.index, name="schemas"),
    path("migraciones/<int:run_id>/", schemas.run, name="schema_run"),
    path("operadores/", operators.index, name="operators"),
    path("operadores/<int:operator_id>/anular", operators.reset, name="operator_reset"),
    path("operadores/<int:operator_id>/quitar", operators.disable, name="operator_disable"),
    path("registro/", trail.index, name="trail"),
]
