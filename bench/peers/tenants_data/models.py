from django.db import models


class Notice(models.Model):
    kind = models.CharField(max_length=30)
