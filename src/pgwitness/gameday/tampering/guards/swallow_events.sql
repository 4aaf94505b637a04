-- A trigger swallows some events before they are stored.
-- sv: En utlösare sväljer vissa händelser innan de lagras.
-- doctor: partitions_guarded
create function gameday.swallow() returns trigger language plpgsql as 'begin return null; end';
do $$
begin
  execute format('create trigger swallow before insert on audit_private.%I for each row when (new.action = ''user_deleted'') execute function gameday.swallow()', (
    select p.partition_name from audit_private.event_partitions() p
    where now() >= p.from_time and now() < p.until_time));
end
$$;
