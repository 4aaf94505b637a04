-- Children as they were given, checked and written out: each with its rule and, where it is watched or says so, its
-- entity type, by which holds may concern it.
create or replace function audit_private.plain_data_children(children jsonb, parent regclass, is_nested boolean default false)
returns jsonb
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  plain jsonb := '[]';
  child jsonb;
  place bigint;
  source regclass;
  rule text;
  wrong text;
begin
  if jsonb_typeof(plain_data_children.children) <> 'array' then
    perform audit_private.refuse_data_retention(
      'children is not an array',
      'It is an array of objects with relation and join, and perhaps rule, entity_type and children.',
      'children => ''[{"relation": "public.question_files", "join": {"question_id": "id"}}]''');
  end if;
  for child, place in select c.value, c.ordinality from jsonb_array_elements(plain_data_children.children) with ordinality c loop
    select string_agg(quote_ident(k.key), ', ') into wrong
    from jsonb_each(case jsonb_typeof(child) when 'object' then child else '{"child":null}' end) k
    where k.key <> all ('{relation,join,rule,entity_type,children}'::text[])
      or jsonb_typeof(k.value) <> case k.key when 'join' then 'object' when 'children' then 'array' else 'string' end
        and not (k.key = 'entity_type' and jsonb_typeof(k.value) = 'null');
    source := audit_private.relation_named(child ->> 'relation');
    rule := coalesce(child ->> 'rule', 'delete');
    if wrong is not null or rule <> all ('{delete,keeps,with_last}'::text[])
      or rule <> 'delete' and (is_nested or coalesce(child -> 'children', '[]') <> '[]')
      or child -> 'join' = '{}' or not child ? 'join'
      or not exists (select from pg_class c where c.oid = source and c.relkind in ('r', 'p'))
    then
      perform audit_private.refuse_data_retention(
        format('child %s of %s is not valid', place, parent),
        case
          when wrong is not null then 'Unknown, or of the wrong kind: ' || wrong
          when source is null then format('There is no relation %s.', coalesce(child ->> 'relation', 'null'))
          else 'It needs a table and a join; rule is delete, keeps or with_last; only what is deleted has children, of the rule delete.'
        end,
        'Write it like {"relation": "public.question_files", "join": {"question_id": "id"}, "rule": "delete"}.');
    end if;
    select string_agg(format('%I of %s', n.name, n.relation), ', ') into wrong
    from (
      select source as relation, j.key as name from jsonb_each_text(child -> 'join') j
      union all
      select parent, j.value from jsonb_each_text(child -> 'join') j
    ) n
    where not exists (
      select from pg_attribute a
      where a.attrelid = n.relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped);
    if wrong is not null then
      perform audit_private.refuse_data_retention(
        format('child %s of %s names columns that aren''t there', source, parent),
        wrong,
        'A join is {"column of the child": "column of its parent"}; names are case-sensitive and unquoted.');
    end if;
    plain := plain || jsonb_strip_nulls(jsonb_build_object(
      'relation', (select format('%I.%I', c.relnamespace::regnamespace::name, c.relname) from pg_class c where c.oid = source),
      'join', child -> 'join', 'rule', rule,
      'entity_type', coalesce(child ->> 'entity_type', (
        select w.entity_type from audit_private.watched_table w
        where w.entity_type = audit_private.watched_entity_type(source) and w.unwatched_at is null)),
      'children', audit_private.plain_data_children(coalesce(child -> 'children', '[]'), source, true)));
  end loop;
  return plain;
end
$$;
comment on function audit_private.plain_data_children(jsonb, regclass, boolean) is 'children checked and written out; raises WT112';
