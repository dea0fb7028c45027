from django.urls import path

from reservo.booking.views import data, embedding, holding, moving, own, steps
from reservo.catalog import views_public

urlpatterns = [
    path("theme.css", views_public.theme, name="theme"),
    path("logo.png", views_public.logo, name="logo"),
    path("foto/<slug:mark>.png", views_public.photo, name="photo"),
    path("embed.js", embedding.script, name="embed"),
    path("", steps.index, name="book"),
    path("reservar/hora", holding.choose_time, name="book_time"),
    path("reservar/datos", data.own_data, name="book_data"),
    path("privacidad", steps.privacy, name="privacy"),
    path("v/<str:token>/", own.show, name="visit"),
    path("v/<str:token>/confirmar", own.confirm, name="visit_confirm"),
    path("v/<str:token>/cancelar", own.cancel, name="visit_cancel"),
    path("v/<str:token>/correo", own.correct_mail, name="visit_mail"),
    path("v/<str:token>/mover", moving.move, name="visit_move"),
    path("v/<str:token>/cita.ics", own.calendar, name="visit_ics"),
]
