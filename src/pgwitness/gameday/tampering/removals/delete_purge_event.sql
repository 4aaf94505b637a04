-- The event that tells of a purge is deleted.
-- sv: Händelsen som berättar om en gallring tas bort.
-- verify: missing_event unexplained_purge
select gameday.open();
delete from audit_private.event where action = 'events_purged';
select gameday.close();
