-- A legal hold is released behind the log's back.
-- sv: Ett gallringsstopp hävs bakom loggens rygg.
-- verify: dangling_hold
select gameday.open();
update audit_private.legal_hold h set released_at = now(), released_by = 'admin' where h.name = 'Case 4712';
select gameday.close();
