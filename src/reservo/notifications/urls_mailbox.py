from django.urls import path

from reservo.notifications.views import mailbox

urlpatterns = [
    path("", mailbox.index, name="mailbox"),
    path("<str:name>/", mailbox.show, name="mailbox_message"),
    path("<str:name>/html", mailbox.html, name="mailbox_html"),
]
