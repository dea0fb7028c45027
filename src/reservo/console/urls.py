from django.urls import path

from reservo.console.views import centres, entering, operators, trail

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
    path("operadores/", operators.index, name="operators"),
    path("operadores/<int:operator_id>/anular", operators.reset, name="operator_reset"),
    path("operadores/<int:operator_id>/quitar", operators.disable, name="operator_disable"),
    path("registro/", trail.index, name="trail"),
]
