set local role audit_finder;
create or replace function audit_private.grow_log(old_size bigint, new_size bigint)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  height integer := 0;
begin
  while new_size >> height + 1 > 0 loop
    insert into audit_private.tree_node (level, position, hash)
    select height + 1, p.position, sha256('\x01'::bytea || l.hash || r.hash)
    from generate_series(old_size >> height + 1, (new_size >> height + 1) - 1) as p (position)
    join audit_private.tree_node l on l.level = height and l.position = p.position * 2
    join audit_private.tree_node r on r.level = height and r.position = p.position * 2 + 1;
    height := height + 1;
  end loop;
end
$$;
comment on function audit_private.grow_log(bigint, bigint) is
  'adds the nodes of the log that have become whole with its new seals';
