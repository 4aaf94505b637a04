-- A retention policy that keeps longer is deleted.
-- sv: En gallringsregel som sparar längre tas bort.
-- ledger: retention
select gameday.open();
delete from audit_private.retention_policy;
select gameday.close();
