from django.urls import path

from reservo.accounts.views import entering, recovering

urlpatterns = [
    path("login", entering.log_in, name="login"),
    path("login/choose", entering.choose, name="choose"),
    path("password/forgot", recovering.forgot, name="forgot"),
    path("password/<str:token>", recovering.reset, name="reset"),
    path("invitation/<str:token>", recovering.invitation, name="invitation"),
]
