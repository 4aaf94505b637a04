-- What a purge noted of what it took is deleted.
-- sv: Det som en gallring antecknade om vad den tog tas bort.
-- verify: missing_event unexplained_purge
select gameday.open();
delete from audit_private.seal_removal;
delete from audit_private.part_removal;
select gameday.close();
