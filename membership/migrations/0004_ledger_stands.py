from django.db import migrations

STANDS = """
CREATE FUNCTION membership_creditentry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the ledger of credits is never changed';
END $$;
CREATE TRIGGER membership_creditentry_stands BEFORE UPDATE ON membership_creditentry
    FOR EACH ROW EXECUTE FUNCTION membership_creditentry_stands();
"""
FALLS = """
DROP TRIGGER membership_creditentry_stands ON membership_creditentry;
DROP FUNCTION membership_creditentry_stands();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0003_coupons_and_credits'),
    ]

    operations = [migrations.RunSQL(STANDS, FALLS)]
