-- The columns in their order, and how a cell of each is written: times as RFC 3339 in UTC whatever the session's settings
-- are, most quickly where dates are in ISO style; objects as JSON, addresses and codes (lower-case words) as they are. In CSV a text that a spreadsheet could take for
-- a formula gets an apostrophe before it, and one that begins with an apostrophe another, so that taking one away gives the
-- text back: =, +, - and @, also at full width, tabs and line ends. Most texts begin with a letter, which is asked first. A
-- target that wasn't given is shown as in audit.event.
create or replace function audit_private.export_columns(format text)
returns table (place bigint, name text, kind text, expression text)
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select c.place, c.name, k.kind,
    case
      when k.kind = 'time' then pg_catalog.format(
        'case when (select pg_catalog.current_setting(''datestyle'') like ''ISO%%'') '
        'then pg_catalog.replace((e.%1$I at time zone interval ''0'')::text, '' '', ''T'') || ''Z'' '
        'else (pg_catalog.to_jsonb(e.%1$I at time zone interval ''0'') #>> ''{}'') || ''Z'' end', c.name)
      when k.kind = 'text' and export_columns.format = 'csv' then pg_catalog.format(
        'case when e.%1$I is null or pg_catalog.ascii(e.%1$I) between 65 and 65290 then e.%1$I '
        'when pg_catalog.ascii(e.%1$I) in (9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312) then '''''''' || e.%1$I '
        'else e.%1$I end', c.name)
      when c.name = 'target' then
        'coalesce(e.target, pg_catalog.jsonb_build_object(''type'', e.entity_type, ''id'', e.entity_id))'
      else pg_catalog.format('e.%I', c.name)
    end
  from unnest(
    '{tenant_id,occurred_at,id,recorded_at,sequence,transaction_id,source,category,action,entity_type,entity_id,actor_type,
      actor_id,actor,description,target,changes,metadata,outcome,error_message,ip,user_agent,request_id,recorded_by}'::text[]
  ) with ordinality as c (name, place)
  cross join lateral (
    select case
      when c.name in ('occurred_at', 'recorded_at') then 'time'
      when c.name in ('actor', 'target', 'changes', 'metadata') then 'object'
      when c.name in ('sequence', 'transaction_id') then 'number'
      when c.name in ('tenant_id', 'id', 'source', 'action', 'entity_type', 'actor_type', 'outcome') then 'code'
      when c.name in ('category', 'ip') then 'optional code'
      else 'text'
    end as kind
  ) k
$$;
comment on function audit_private.export_columns(text) is
  'the columns of an export, and SQL that writes each of exportable_event e, or of the same columns of the table';
grant execute on function audit_private.export_columns(text) to audit_keeper;
