from django.urls import path

from reservo.crm import views

app_name = "crm"

urlpatterns = [
    path("correos", views.automatic, name="automatic"),
    path("correos/<slug:kind>/<slug:language>", views.words, name="words"),
    path("correos/<slug:kind>/<slug:language>/original", views.words_as_shipped, name="words_as_shipped"),
    path("correos/<slug:kind>/<slug:language>/vista", views.preview, name="preview"),
    path("por-llamar", views.to_call, name="to_call"),
]
