create or replace function audit_private.check_verification()
returns table (check_name text, state text, detail text, hint text)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'log_verified',
    case when sum(v.finding_count) > 0 then 'error' else 'ok' end,
    case
      when sum(v.finding_count) > 0 then format('%s findings, the first of them: %s', sum(v.finding_count), (
        select format('%s %s %s', f.finding ->> 'kind', f.finding ->> 'occurred_at', f.finding ->> 'detail')
        from audit_private.verification w
        cross join lateral jsonb_array_elements(w.findings) as f (finding)
        limit 1
      ))
      when count(*) = 0 then 'reverify_events has not run yet'
      else format('%s weeks of events are as they were sealed; the oldest verification is of %s',
        count(*) filter (where v.from_time > '-infinity'), date_trunc('second', min(v.verified_at)))
    end,
    case when sum(v.finding_count) > 0 then 'select * from audit.verify_events();' end
  from audit_private.verification v
$$;
comment on function audit_private.check_verification() is 'the health check of what reverify_events has found';
