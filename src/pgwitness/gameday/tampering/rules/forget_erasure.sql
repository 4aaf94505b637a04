-- The record of an erasure is deleted.
-- sv: Anteckningen om en radering tas bort.
-- verify: unexplained_erasure
select gameday.open();
delete from audit_private.erased_event;
delete from audit_private.erasure;
select gameday.close();
