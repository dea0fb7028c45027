"""A member's own account: the pages are those of `accounts`, the guard is ours."""

from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from reservo.accounts.views import entering, own
from reservo.staff.access import member
from reservo.staff.views import own_name

app_name = "accounts"

urlpatterns = [
    path("login", entering.log_in, name="login"),
    path("logout", entering.log_out, name="logout"),
    path("cuenta/", member(own.account), name="account"),
    path("cuenta/nombre", require_POST(member(own_name.change)), name="name"),
    path("cuenta/sesion", require_safe(member(own.session)), name="session"),
    path("cuenta/idioma", require_POST(member(own.language)), name="language"),
    path("cuenta/sesiones/cerrar", require_POST(member(own.sessions_end)), name="sessions_end"),
    path("cuenta/sesiones/<slug:mark>/cerrar", require_POST(member(own.session_end)), name="session_end"),
]
