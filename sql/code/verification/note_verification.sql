create or replace function audit_private.note_verification(
  run_id uuid,
  from_time timestamptz,
  until_time timestamptz,
  finding_count bigint,
  findings jsonb
)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into audit_private.verification (from_time, until_time, verified_at, log_size, finding_count, findings)
  select note_verification.from_time, note_verification.until_time, clock_timestamp(), (r.place -> 'log_size')::bigint,
    note_verification.finding_count, note_verification.findings
  from audit_private.job_run r
  where r.run_id = note_verification.run_id
  on conflict (from_time) do update
  set verified_at = excluded.verified_at, log_size = excluded.log_size, finding_count = excluded.finding_count,
    findings = excluded.findings
$$;
comment on function audit_private.note_verification(uuid, timestamptz, timestamptz, bigint, jsonb) is
  'keeps what a run has found of a time, in place of what an earlier one had';
