-- Of a preview what arming will approve; of a run what it predicts. Then the days of each group are looked at: longer
-- ones are in force at once, shorter ones and those of a group not seen before after the delay.
create or replace function audit_private.note_data_review(
  run_id uuid,
  relation text,
  summary jsonb,
  group_keys text[],
  group_days integer[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  entry audit_private.data_retention;
  moment timestamptz;
  delay constant interval := (
    select make_interval(hours => 24 * o.value::integer) from audit_private.option o where o.name = 'retention_delay_days');
  share constant integer := (select o.value::integer from audit_private.option o where o.name = 'data_purge_limit_percent');
  rows_present bigint;
  rows_due bigint;
  rows_overdue bigint;
begin
  select d.* into entry from audit_private.data_retention d where d.relation = note_data_review.relation;
  select coalesce(sum(s.rows), 0), coalesce(sum(s.due), 0), coalesce(sum(s.overdue), 0)
  into rows_present, rows_due, rows_overdue
  from jsonb_to_recordset(note_data_review.summary) as s (rows bigint, due bigint, overdue bigint);
  if note_data_review.run_id is null then
    insert into audit_private.data_retention_preview (relation, previewed_by, due, group_keys, group_days)
    values (entry.relation, audit_private.recorded_by(), rows_due, note_data_review.group_keys, note_data_review.group_days)
    on conflict on constraint data_retention_preview_pkey do update
    set previewed_at = excluded.previewed_at, due = excluded.due, group_keys = excluded.group_keys,
      group_days = excluded.group_days;
    return;
  end if;

  select r.started_at into moment
  from audit_private.job_run r
  where r.run_id = note_data_review.run_id and r.result = 'running' and r.process_id = pg_backend_pid();
  if not found then
    return;
  end if;
  delete from audit_private.data_retention_group g
  where g.relation = entry.relation
    and not exists (select from unnest(note_data_review.group_keys) as k (item) where k.item = g.group_key);
  insert into audit_private.data_retention_group as g
    (relation, group_key, days, took_effect_at, next_days, next_takes_effect_at)
  select entry.relation, k.item, null, moment, k.days, case when k.days is not null then moment + delay end
  from unnest(note_data_review.group_keys, note_data_review.group_days) as k (item, days)
  on conflict on constraint data_retention_group_pkey do update
  set (days, took_effect_at, next_days, next_takes_effect_at) = (
    select
      case when s.is_shorter then g.days else excluded.next_days end,
      case when s.is_shorter or g.days is not distinct from excluded.next_days then g.took_effect_at else moment end,
      case when s.is_shorter then excluded.next_days end,
      case
        when not s.is_shorter then null
        when g.next_days <= excluded.next_days then g.next_takes_effect_at
        else excluded.next_takes_effect_at
      end
    from (select coalesce(excluded.next_days < coalesce(g.days, 2556), false) as is_shorter) s
  )
  where (g.days, g.next_days) is distinct from (excluded.next_days, null::integer)
    and (excluded.next_days is null or g.next_days is distinct from excluded.next_days);

  insert into audit_private.data_purge_receipt
    (tenant_id, run_id, relation, decision, predicted, waiting, kept_by_hold, invalid)
  select s.tenant_id, note_data_review.run_id, entry.relation, entry.decision, sum(s.due), sum(s.waiting), sum(s.kept_by_hold),
    sum(s.invalid)
  from (
    select coalesce(r.tenant_id, '00000000-0000-0000-0000-000000000000') as tenant_id, r.due, r.waiting, r.kept_by_hold, r.invalid
    from jsonb_to_recordset(note_data_review.summary)
      as r (tenant_id uuid, due bigint, waiting bigint, kept_by_hold bigint, invalid bigint)
    union all
    select '00000000-0000-0000-0000-000000000000', 0, 0, 0, 0 where note_data_review.summary = '[]'
  ) s
  group by s.tenant_id;
  update audit_private.job_run r
  set place = r.place || '{"stage": "purge", "is_asked": false}', last_step_at = clock_timestamp()
  where r.run_id = note_data_review.run_id;
  if (rows_due - coalesce(entry.approved_rows, 0)) * 100 > share * rows_present then
    perform audit_private.finish_data_purge(note_data_review.run_id, entry.relation, 'stopped',
      format('%s of %s rows are due, more than the %s %% that a run removes without being told: preview and arm it again',
        rows_due, rows_present, share));
  elsif rows_overdue = 0 then
    perform audit_private.finish_data_purge(note_data_review.run_id, entry.relation, 'succeeded', null);
  end if;
end
$$;
comment on function audit_private.note_data_review(uuid, text, jsonb, text[], integer[]) is
  'notes what a preview showed, or what a run predicts and which days are in force; a step of the generated functions';
