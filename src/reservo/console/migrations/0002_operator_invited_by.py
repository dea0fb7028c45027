from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("console", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="operator",
            name="invited_by_id",
            field=models.PositiveBigIntegerField(
                help_text="operator who made the link; none from the shell", null=True
            ),
        ),
    ]
