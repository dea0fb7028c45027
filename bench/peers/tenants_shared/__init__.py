"""What django-tenants keeps for all tenants."""
