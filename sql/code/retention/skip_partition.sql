set local role audit_keeper;
-- A partition that somebody has been reading all the while, a backup perhaps, or in which something is broken, is left
-- for the next night: its events can't be seen any more, and the other partitions have their turn.
create or replace function audit_private.skip_partition(run_id uuid, error text)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  place constant jsonb := (
    select r.place from audit_private.job_run r where r.run_id = skip_partition.run_id and r.result = 'running');
begin
  perform audit_private.note_purge_error(
    skip_partition.run_id, null, format('%s: %s', place -> 'partitions' -> 0 ->> 'name', skip_partition.error));
  perform audit_private.note_place(
    skip_partition.run_id, jsonb_set(place - '{tenants,from}'::text[], '{partitions}', (place -> 'partitions') - 0));
  return case when place -> 'partitions' -> 1 is null then 'done' else 'more' end;
end
$$;
comment on function audit_private.skip_partition(uuid, text) is
  'leaves a partition for the next purge, and says why; more to do, or done; a step of purge_events';
grant execute on function audit_private.skip_partition(uuid, text) to audit_operator;
