-- What every write compares its time with, so that a missing partition is refused in our own words.
create or replace function audit_private.note_partitions_end()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  covered_until constant timestamptz := audit_private.partitions_end(now() - interval '24 hours');
begin
  update audit_private.instance i
  set events_until = covered_until
  where i.events_until is distinct from covered_until;
end
$$;
comment on function audit_private.note_partitions_end() is 'brings the end of the partitions up to date';
