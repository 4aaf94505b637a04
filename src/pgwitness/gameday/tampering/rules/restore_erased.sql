-- What was erased is put back from an old copy, salt and all.
-- sv: Det som raderats läggs tillbaka från en gammal kopia, med salt och allt.
-- ledger: erasure
select gameday.open();
delete from audit_private.event e using gameday.saved s
where e.tenant_id = s.tenant_id and e.occurred_at = s.occurred_at and e.id = s.id;
insert into audit_private.event select s.* from gameday.saved s;
select gameday.close();
