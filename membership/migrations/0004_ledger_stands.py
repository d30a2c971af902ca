from django.db import migrations

STANDS = """
CREATE FUNCTION membership_creditentry_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the ledger of credits is never changed';
END $$;
CREATE FUNCTION membership_creditentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM membership_user WHERE id = OLD.user_id) THEN
        RAISE EXCEPTION 'an entry of the ledger of credits goes with its account alone';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER membership_creditentry_stands BEFORE UPDATE ON membership_creditentry
    FOR EACH ROW EXECUTE FUNCTION membership_creditentry_stands();
-- Asked when the transaction ends: until then an account that is deleted is still there.
CREATE CONSTRAINT TRIGGER membership_creditentry_stays AFTER DELETE ON membership_creditentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION membership_creditentry_stays();
"""
FALLS = """
DROP TRIGGER membership_creditentry_stays ON membership_creditentry;
DROP FUNCTION membership_creditentry_stays();
DROP TRIGGER membership_creditentry_stands ON membership_creditentry;
DROP FUNCTION membership_creditentry_stands();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('membership', '0003_coupons_and_credits'),
    ]

    operations = [migrations.RunSQL(STANDS, FALLS)]
