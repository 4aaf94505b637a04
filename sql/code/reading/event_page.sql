-- Row types of functions whose argument tenant_id would clash with a result column of that name.
create or replace view audit_private.event_page as
select e.*, null::text as cursor from audit_private.readable_event e where false;
comment on view audit_private.event_page is 'row type of audit.search_events; holds no rows';

create or replace view audit_private.event_relation as
select null::text[] as relations, e.* from audit_private.readable_event e where false;
comment on view audit_private.event_relation is 'row type of audit.report_subject; holds no rows';
