-- A partition is opened: its triggers, its row-level security, its rights.
-- sv: En partition öppnas: dess utlösare, dess radskydd, dess rättigheter.
-- doctor: partitions_guarded
-- each: alter table audit_private.%I disable trigger event_refuse_change
-- each: alter table audit_private.%I no force row level security
-- each: create policy "Everybody reads" on audit_private.%I using (true)
-- each: grant select on audit_private.%I to public
do $$
begin
  execute format('{each}', (
    select p.partition_name from audit_private.event_partitions() p
    where now() >= p.from_time and now() < p.until_time));
end
$$;
