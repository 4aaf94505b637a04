-- A legal hold's filter is turned to something else.
-- sv: Ett gallringsstopps filter riktas mot något annat.
-- verify: dangling_hold
-- ledger: hold
select gameday.open();
update audit_private.legal_hold h set filter = '{"entity_id": "nothing"}', entity_ids = '{nothing}' where h.name = 'Case 4712';
select gameday.close();
