-- A legal hold is deleted.
-- sv: Ett gallringsstopp tas bort.
-- verify: dangling_hold
-- ledger: hold
select gameday.open();
delete from audit_private.legal_hold h where h.name = 'Case 4712';
select gameday.close();
