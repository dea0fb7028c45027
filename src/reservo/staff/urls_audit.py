from django.urls import path

from reservo.staff.views import audit

app_name = "audit"

urlpatterns = [path("", audit.index, name="index")]
