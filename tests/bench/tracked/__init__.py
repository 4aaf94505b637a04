"""A Django app whose models django-pghistory tracks, for the bench."""
