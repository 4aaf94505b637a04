set local role audit_keeper;
-- Whole events as JSON Lines are written as exports write them, which is quickest; every other format is a function of what
-- an event tells, or of its envelope.
create or replace function audit_private.sink_record(sink audit_private.sink)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when f.format = 'jsonl' and (sink_record.sink).carries_payloads then audit_private.export_line('jsonl')
    else format('audit_private.%I(row(%s)::audit_private.delivered_event, %L)', f.format || '_record', c.columns,
      (sink_record.sink).options)
  end
  from (select audit_private.sink_format(sink_record.sink) as format) f
  cross join lateral (
    select string_agg(
      case
        when a.attname = 'tenant_name' then
          '(select jsonb_object_agg(t.tenant_id, t.name) from audit_private.tenant t) ->> e.tenant_id::text'
        when a.attname = 'action_title' then
          '(select jsonb_object_agg(a.action, a.titles ->> ''en'') from audit_private.action a) ->> e.action'
        when (sink_record.sink).carries_payloads or a.attname = any (
          '{tenant_id,occurred_at,id,recorded_at,sequence,transaction_id,source,category,action,entity_type,actor_type,outcome,recorded_by}'
        ) then format('e.%I', a.attname)
        else 'null'
      end, ', ' order by a.attnum) as columns
    from pg_attribute a
    where a.attrelid = 'audit_private.delivered_event'::regclass and a.attnum > 0 and not a.attisdropped
  ) c
$$;
comment on function audit_private.sink_record(audit_private.sink) is 'SQL that writes event e, with its category, in a sink''s format';
