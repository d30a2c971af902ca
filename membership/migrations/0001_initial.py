import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import membership.models.account
import mitai.core.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tier',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='slug')),
                ('name', models.CharField(help_text='English; shown translated where the catalogue knows it.', max_length=80, verbose_name='name')),
                ('rank', models.PositiveSmallIntegerField(help_text='The higher one wins.', verbose_name='rank')),
                ('is_public', models.BooleanField(default=True, help_text='Named to members as a choice.', verbose_name='public')),
            ],
            options={
                'verbose_name': 'tier',
                'verbose_name_plural': 'tiers',
                'ordering': ['rank', 'slug'],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('id', models.UUIDField(default=mitai.core.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(error_messages={'unique': 'This address already has an account.'}, max_length=254, unique=True, verbose_name='e-mail address')),
                ('language', models.CharField(choices=[('de', 'German'), ('en', 'English')], default='de', max_length=5, verbose_name='language')),
                ('units', models.CharField(choices=[('metric', 'metric (kg, cm)'), ('imperial', 'imperial (lb, in)')], default='metric', max_length=10, verbose_name='units')),
                ('time_zone', models.CharField(default='Europe/Berlin', max_length=64, validators=[membership.models.account.validate_zone], verbose_name='time zone')),
                ('session_days', models.PositiveSmallIntegerField(default=30, help_text='Days until a browser must sign in again.', verbose_name='session length')),
                ('granted_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='tier by a grant until')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('is_staff', models.BooleanField(default=False, help_text='May open the admin.', verbose_name='operator')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='member since')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                ('granted_tier', models.ForeignKey(blank=True, editable=False, help_text='What `grants.schedule` says for now; counts until `granted_until`.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='membership.tier', verbose_name='tier by a grant')),
                ('tier', models.ForeignKey(blank=True, help_text="Empty: the installation's default tier.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='membership.tier', verbose_name='tier')),
            ],
            options={
                'verbose_name': 'account',
                'verbose_name_plural': 'accounts',
                'ordering': ['-date_joined'],
            },
        ),
        migrations.CreateModel(
            name='Feature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True, verbose_name='slug')),
                ('label', models.CharField(help_text='English; shown translated where the catalogue knows it.', max_length=120, verbose_name='label')),
                ('kind', models.CharField(choices=[('boolean', 'on or off'), ('count', 'counted')], default='count', max_length=10, verbose_name='kind')),
                ('period', models.CharField(choices=[('total', 'in total'), ('day', 'per day'), ('week', 'per week'), ('month', 'per month')], default='total', max_length=10, verbose_name='period')),
                ('default_limit', models.PositiveIntegerField(blank=True, help_text='Counts where a tier says nothing. Empty is unlimited, 0 is off.', null=True, verbose_name='default limit')),
            ],
            options={
                'verbose_name': 'feature',
                'verbose_name_plural': 'features',
                'ordering': ['slug'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['boolean', 'count'])), name='feature_kind_known'), models.CheckConstraint(condition=models.Q(('period__in', ['total', 'day', 'week', 'month'])), name='feature_period_known')],
            },
        ),
        migrations.CreateModel(
            name='TierLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.PositiveIntegerField(blank=True, help_text='Empty is unlimited, 0 is off.', null=True, verbose_name='limit')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tier_limits', to='membership.feature', verbose_name='feature')),
                ('tier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='membership.tier', verbose_name='tier')),
            ],
            options={
                'verbose_name': 'limit of a tier',
                'verbose_name_plural': 'limits of tiers',
                'ordering': ['feature__slug', 'tier__rank'],
            },
        ),
        migrations.CreateModel(
            name='UsageCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period_start', models.DateField(help_text='First local day; 1970-01-01 for counts in total.', verbose_name='period')),
                ('used', models.PositiveIntegerField(default=0, verbose_name='used')),
                ('reserved', models.PositiveIntegerField(default=0, verbose_name='reserved')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='membership.feature', verbose_name='feature')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='usage', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'usage',
                'verbose_name_plural': 'usage',
            },
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=80, verbose_name='subject')),
                ('period_start', models.DateField(verbose_name='period')),
                ('amount', models.PositiveIntegerField(verbose_name='amount')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='membership.feature', verbose_name='feature')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reservations', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'reservation',
                'verbose_name_plural': 'reservations',
                'constraints': [models.UniqueConstraint(fields=('subject', 'feature', 'period_start'), name='reservation_once'), models.CheckConstraint(condition=models.Q(('amount__gte', 1)), name='reservation_holds_something')],
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.PositiveIntegerField(blank=True, default=0, help_text='Empty is unlimited, 0 is off.', null=True, verbose_name='limit')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('until', models.DateTimeField(blank=True, help_text='Empty: until it is removed.', null=True, verbose_name='until')),
                ('feature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='restrictions', to='membership.feature', verbose_name='feature')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='restrictions', to=settings.AUTH_USER_MODEL, verbose_name='account')),
            ],
            options={
                'verbose_name': 'restriction',
                'verbose_name_plural': 'restrictions',
                'ordering': ['feature__slug'],
                'constraints': [models.UniqueConstraint(fields=('user', 'feature'), name='restriction_once')],
            },
        ),
        migrations.CreateModel(
            name='AccessGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('days', models.PositiveSmallIntegerField(verbose_name='days')),
                ('granted_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='granted at')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked at')),
                ('source', models.CharField(choices=[('trial', 'trial'), ('coupon', 'coupon'), ('operator', 'by an operator'), ('purchase', 'purchase')], default='operator', max_length=10, verbose_name='source')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL, verbose_name='account')),
                ('tier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='membership.tier', verbose_name='tier')),
            ],
            options={
                'verbose_name': 'access grant',
                'verbose_name_plural': 'access grants',
                'ordering': ['granted_at', 'id'],
                'indexes': [models.Index(fields=['user', 'granted_at'], name='grant_of_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('days__gte', 1), ('days__lte', 3660)), name='grant_days_within', violation_error_message='A grant lasts 1 to 3660 days.'), models.CheckConstraint(condition=models.Q(('source__in', ['trial', 'coupon', 'operator', 'purchase'])), name='grant_source_known'), models.UniqueConstraint(condition=models.Q(('source', 'trial')), fields=('user',), name='grant_one_trial', violation_error_message='This account has had its trial.')],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_once', violation_error_message='This address already has an account.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['de', 'en'])), name='user_language_known'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('units__in', ['metric', 'imperial'])), name='user_units_known'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('session_days__gte', 1), ('session_days__lte', 365)), name='user_session_days_within', violation_error_message='A session lasts 1 to 365 days.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('granted_tier__isnull', True), ('granted_until__isnull', False), _connector='OR'), name='user_granted_tier_ends'),
        ),
        migrations.AddConstraint(
            model_name='tierlimit',
            constraint=models.UniqueConstraint(fields=('tier', 'feature'), name='tierlimit_once'),
        ),
        migrations.AddConstraint(
            model_name='usagecounter',
            constraint=models.UniqueConstraint(fields=('user', 'feature', 'period_start'), name='usage_once'),
        ),
    ]
