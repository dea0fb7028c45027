from django.urls import path

from reservo.notifications.views import bell, log

app_name = "notifications"

urlpatterns = [
    path("campana/", bell.page, name="bell"),
    path("campana/lista", bell.listing, name="bell_list"),
    path("campana/novedades", bell.news, name="bell_news"),
    path("correos/", log.index, name="log"),
    path("correos/<int:delivery_id>/reenviar", log.send_again, name="send_again"),
]
