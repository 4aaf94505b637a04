-- Row type of audit.list_holds, whose argument tenant_id would clash with a result column of that name.
create or replace view audit_private.hold_row as
select h.tenant_id, h.name, h.filter, h.reason, h.placed_at, h.placed_by, h.released_at, h.released_by, h.release_reason
from audit_private.legal_hold h
where false;
comment on view audit_private.hold_row is 'row type of audit.list_holds; holds no rows';
