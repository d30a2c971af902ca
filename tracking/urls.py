from __future__ import annotations

from django.urls import path

from tracking.views import (
    capture,
    favourites,
    imports,
    journal,
    member,
    pages,
    parts,
    photos,
    topics,
    training,
)

app_name = "tracking"
urlpatterns = [
    path("", pages.overview, name="overview"),
    path("capture/", capture.capture, name="capture"),
    path("journal/<slug:slug>/", journal.journal, name="journal"),
    path("journal/<slug:slug>/series.json", journal.series, name="series"),
    path("journal/<slug:slug>/table/", journal.table, name="table"),
    path("journal/<slug:slug>/export.csv", journal.export_csv, name="journal_csv"),
    path("journal/<slug:slug>/<uuid:pk>/", journal.entry_row, name="entry_row"),
    path("journal/<slug:slug>/<uuid:pk>/edit/", journal.entry_edit, name="entry_edit"),
    path("journal/<slug:slug>/<uuid:pk>/delete/", journal.entry_delete, name="entry_delete"),
    path("journal/<slug:slug>/<uuid:pk>/restore/", journal.entry_restore, name="entry_restore"),
    path("journal/<slug:slug>/<uuid:pk>/favourite/", favourites.favourite_keep, name="favourite_keep"),
    path("journal/<slug:slug>/favourites/", favourites.favourites, name="favourites"),
    path("favourites/<uuid:pk>/rename/", favourites.favourite_rename, name="favourite_rename"),
    path("favourites/<uuid:pk>/remove/", favourites.favourite_remove, name="favourite_remove"),
    path("training/names/", training.names, name="training_names"),
    path("training/names/<uuid:pk>/", training.name_change, name="training_name_change"),
    path("training/names/<uuid:pk>/forget/", training.name_forget, name="training_name_forget"),
    path("history/", pages.history, name="history"),
    path("history/blood-pressure/print/", topics.pressure_print, name="pressure_print"),
    path("history/<slug:slug>/", topics.topic, name="topic"),
    path("goals/", member.goal, name="goals"),
    path("goals/close/", member.goal_close, name="goal_close"),
    path("import/", imports.imports, name="imports"),
    path("import/<uuid:pk>/", imports.import_run, name="import_run"),
    path("import/parts/", parts.parts, name="import_parts"),
    path("import/<uuid:pk>/part/", parts.import_part, name="import_part"),
    path("import/<uuid:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("import/<uuid:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("import/<uuid:pk>/undo/", imports.import_undo, name="import_undo"),
    path("photos/", photos.photos, name="photos"),
    path("photos/<uuid:pk>/<slug:version>.jpg", photos.photo_file, name="photo_file"),
    path("welcome/", member.welcome, name="welcome"),
    path("settings/", member.settings, name="settings"),
    path("more/", pages.more, name="more"),
]
