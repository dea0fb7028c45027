from django.urls import path

from reservo.staff.views import members, roles

app_name = "staff"

urlpatterns = [
    path("", members.index, name="index"),
    path("invitar", members.invite, name="invite"),
    path("<int:staff_id>", members.edit, name="edit"),
    path("<int:staff_id>/reinvitar", members.invite_again, name="invite_again"),
    path("<int:staff_id>/retirar", members.withdraw, name="withdraw"),
    path("roles/", roles.index, name="roles"),
    path("roles/nuevo", roles.edit, name="role_create"),
    path("roles/<int:role_id>", roles.edit, name="role_edit"),
    path("roles/<int:role_id>/eliminar", roles.delete, name="role_delete"),
]
