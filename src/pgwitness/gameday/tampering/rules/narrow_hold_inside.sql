-- A legal hold keeps its filter, and the columns made from it are turned to something else.
-- sv: Ett gallringsstopp behåller sitt filter, men kolumnerna som gjorts av det riktas mot något annat.
-- verify: dangling_hold
select gameday.open();
update audit_private.legal_hold h set entity_ids = '{nothing}' where h.name = 'Case 4712';
select gameday.close();
