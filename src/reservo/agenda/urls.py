from django.urls import path

from reservo.agenda.views import blocks, feed, grid, visits, writing

app_name = "agenda"

urlpatterns = [
    path("", grid.index, name="index"),
    path("lista", grid.day_list, name="list"),
    path("datos", feed.events, name="feed"),
    path("dias", feed.days, name="days"),
    path("buscar", grid.search, name="search"),
    path("nueva", writing.create, name="create"),
    path("citas/<int:appointment_id>", visits.panel, name="panel"),
    path("citas/<int:appointment_id>/editar", writing.edit, name="edit"),
    path("citas/<int:appointment_id>/estado", writing.state, name="state"),
    path("citas/<int:appointment_id>/mover", writing.move, name="move"),
    path("cambios/<int:change_id>/deshacer", writing.undo, name="undo"),
    path("bloqueos/nuevo", blocks.create, name="block_create"),
    path("bloqueos/<int:block_id>", blocks.panel, name="block"),
    path("bloqueos/<int:block_id>/quitar", blocks.remove, name="block_remove"),
    path("bloqueos/<int:block_id>/reponer", blocks.put_back, name="block_put_back"),
]
