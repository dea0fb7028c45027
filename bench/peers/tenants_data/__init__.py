"""What each tenant of django-tenants has: one table."""
