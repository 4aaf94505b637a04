-- What watch has to execute as the table's owner. Triggers that are there as wanted are left alone, so that watching
-- again, for new columns, locks nothing; "or replace" takes no lock that readers wait for.
create or replace function audit_private.capture_triggers(relation regclass, entity_type text)
returns setof text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  with wanted as (
    select format('pgwitness_%s', o.operation) as name, o.bit, o.operation, o.transition, w.level
    from (
      values
        ('insert', 4, 'referencing new table as new_rows'),
        ('delete', 8, 'referencing old table as old_rows'),
        ('update', 16, 'referencing old table as old_rows new table as new_rows'),
        ('truncate', 32, '')
    ) as o (operation, bit, transition)
    join audit_private.watched_table w on w.entity_type = capture_triggers.entity_type
  ),
  lacking as (
    select w.*, t.tgenabled
    from wanted w
    left join pg_trigger t on t.tgrelid = capture_triggers.relation and t.tgname = w.name
      and t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || capture_triggers.entity_type))
      and t.tgtype = w.bit + case when w.level = 'row' and w.operation <> 'truncate' then 1 else 0 end
    where t.tgenabled is distinct from 'A'
  )
  select s.statement
  from lacking l
  cross join lateral (
    values
      (1, case when l.tgenabled is null then format(
        'create or replace trigger %s after %s on %s %s execute function audit_private.%I()',
        l.name, l.operation, capture_triggers.relation,
        case when l.level = 'row' and l.operation <> 'truncate' then 'for each row' else l.transition || ' for each statement' end,
        'on_' || capture_triggers.entity_type) end),
      (2, format('alter table %s enable always trigger %s', capture_triggers.relation, l.name))
  ) as s (place, statement)
  where s.statement is not null
  order by l.bit, s.place
$$;
comment on function audit_private.capture_triggers(regclass, text) is
  'SQL that the table''s owner executes to give it the triggers that it lacks';
grant execute on function audit_private.capture_triggers(regclass, text) to audit_operator;
