"""A release to come: two columns, a table, and a step that does not like every centre."""

from django.db import migrations, models


def refuse_some(apps, editor):
    branches = apps.get_model("catalog", "Branch").objects.using(editor.connection.alias)
    if branches.filter(name="cannot be migrated").exists():
        raise RuntimeError("two of the same")


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("catalog", "0001_initial")]
    operations = [
        migrations.AddField("patient", "nickname", models.CharField(max_length=40, db_default="sin apodo")),
        migrations.CreateModel(
            "Allergy",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("patient", models.ForeignKey("patients.patient", models.CASCADE)),
                ("name", models.CharField(max_length=40, db_index=True)),
            ],
        ),
        migrations.RunPython(refuse_some, migrations.RunPython.noop),
        migrations.AddField("patient", "pronoun", models.CharField(max_length=20, null=True)),
    ]
