from django.urls import path

from reservo.patients.views import differences, files, lists

app_name = "patients"

urlpatterns = [
    path("", lists.index, name="index"),
    path("buscar", lists.suggestions, name="suggestions"),
    path("nuevo", files.create, name="create"),
    path("diferencias", differences.index, name="differences"),
    path("diferencias/<int:difference_id>/aceptar", differences.accept, name="difference_accept"),
    path("diferencias/<int:difference_id>/descartar", differences.reject, name="difference_reject"),
    path("<int:patient_id>/", files.show, name="show"),
    path("<int:patient_id>/editar", files.edit, name="edit"),
]
