-- One batch: the next rows by their key, whether due or not, so that a batch costs the same however large the table
-- is; of these the ones that are due are locked, resolved again now that nobody else can change them, and removed with
-- what belongs to them. What raises an error is halved until the one row at fault is left, and that is passed over.
create or replace function audit_private.data_purge_body(entry audit_private.data_retention, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  with key as (
    select k.place, format_type(a.atttypid, a.atttypmod) as type, quote_ident(k.name) as name
    from unnest(audit_private.key_columns(data_purge_body.relation)) with ordinality as k (name, place)
    join pg_attribute a on a.attrelid = data_purge_body.relation and a.attname = k.name
  ),
  last_parent as (
    select p.ordinality as number, p.value ->> 'relation' as relation, j.ordinality as place, quote_ident(j.key) as name,
      quote_ident(j.value) as row_name, format_type(a.atttypid, a.atttypmod) as type
    from jsonb_array_elements(entry.children) with ordinality p
    cross join jsonb_each_text(p.value -> 'join') with ordinality j
    join pg_attribute a on a.attrelid = data_purge_body.relation and a.attname = j.value
    where p.value ->> 'rule' = 'with_last'
  )
  select audit_private.fill_template($template$<<purge>>
declare
  terms constant jsonb := audit_private.data_purge_terms($1::uuid, «name»::text);
  rows «view»[];
  outcome jsonb;
  «declarations»
  last_key jsonb;
  looked_at integer;
  late text[];
  locked text[];
  lows integer[];
  highs integer[];
  low integer;
  high integer;
  part text[];
  part_tenants uuid[];
  part_levels text[];
  part_children uuid[];
  gone text[] := '{}';
  gone_tenants uuid[] := '{}';
  gone_levels text[] := '{}';
  gone_children uuid[] := '{}';
  state text;
  message text;
begin
  if terms is null then
    return null;
  end if;
  «after»
  with window_rows as materialized (
    select v.*
    from «view» v
    where (purge.after_1 is null or («view_keys») > («after_keys»))
    order by «view_keys»
    limit (terms ->> 'window_rows')::integer
  )
  select (select count(*) from window_rows),
    (select jsonb_build_array(«text_keys») from window_rows v order by «view_keys_back» limit 1),
    «collected»
  into purge.looked_at, purge.last_key, «key_arrays»
  from window_rows v
  where v."time" < (terms ->> 'decided_at')::timestamptz - make_interval(hours => 24 * v.days)
    and coalesce(v.tenant_id, '00000000-0000-0000-0000-000000000000') <> all (
      array(select t.item::uuid from jsonb_array_elements_text(terms -> 'troubled') as t (item)));

  with mine as (
    select «table_keys»
    from «relation» t
    join unnest(«key_arrays») as k («key_names») on «table_is_key»
    for update of t skip locked
  )
  select «collected_mine» into «my_arrays» from mine v;

  with made as (
    select m.* from jsonb_to_record(terms) as m (decided_at timestamptz, is_armed boolean, last_complete_at timestamptz)
  ),
  hold as materialized (
    select h.* from jsonb_to_recordset(terms -> 'holds') as h (tenant_id uuid, is_own boolean, entity_types text[],
      entity_ids text[], actor_ids text[], from_time timestamptz, until_time timestamptz)
  ),
  candidate as materialized (
    select v as entry, v.*
    from unnest(«key_arrays») as k («key_names»)
    join «view» v on «view_is_key»
  ),
  verdict as materialized (
    select v.*,
      v."time" < made.decided_at - make_interval(hours => 24 * g.days)
        and greatest(v."time" + make_interval(hours => 24 * greatest(v.days, g.days)), g.took_effect_at) <= made.last_complete_at as is_late,
      «verdict» as verdict
    from made
    cross join candidate v
    left join audit_private.data_retention_groups(«name»::text, array(select distinct c.group_key from candidate c)::text[]) g
      on g.group_key = v.group_key
    left join audit_private.data_retention_waits(«name»::text, array(select c.entity_id from candidate c)::text[]) w
      on w.entity_id = v.entity_id
  ),
  judged as materialized (
    select v.*, case when v.verdict = 'due' and m.key_1 is null then 'locked' else v.verdict end as fate
    from verdict v
    left join unnest(«my_arrays») as m («key_names») on «view_is_mine»
  )
  select
    (select array_agg(j.entry order by «judged_keys») from judged j where j.fate = 'due'),
    (
      select jsonb_agg(c)
      from (select j.tenant_id, j.fate, count(*) as rows from judged j where j.fate <> 'due' group by j.tenant_id, j.fate) c
    ),
    array(select j.entity_id from judged j where j.is_late and j.fate in ('waiting', 'held', 'parent')),
    array(select j.entity_id from judged j where j.fate = 'locked' or j.is_late is not true and j.fate in ('held', 'parent'))
  into purge.rows, purge.outcome, purge.late, purge.locked;

  if cardinality(purge.rows) > 0 then
    purge.lows := array[1];
    purge.highs := array[cardinality(purge.rows)];
  end if;
  while cardinality(purge.lows) > 0 loop
    purge.low := purge.lows[cardinality(purge.lows)];
    purge.high := purge.highs[cardinality(purge.highs)];
    purge.lows := trim_array(purge.lows, 1);
    purge.highs := trim_array(purge.highs, 1);
    begin
      purge.part_children := '{}';
«children»
      with removed as (
        delete from «relation» t
        using unnest(purge.rows[purge.low:purge.high]) r
        where «table_is_row»
        returning r.entity_id, r.tenant_id, r.level«parent_columns»
      )
      select array_agg(x.entity_id), array_agg(x.tenant_id), array_agg(x.level)«parent_collected»
      into purge.part, purge.part_tenants, purge.part_levels«parent_arrays»
      from removed x;
      if cardinality(purge.part) = purge.high - purge.low + 1 is not true then
        raise exception 'a trigger kept a row that was deleted' using errcode = 'triggered_action_exception';
      end if;
«parents»
      purge.gone := purge.gone || purge.part;
      purge.gone_tenants := purge.gone_tenants || purge.part_tenants;
      purge.gone_levels := purge.gone_levels || purge.part_levels;
      purge.gone_children := purge.gone_children || purge.part_children;
    exception when others then
      get stacked diagnostics state = returned_sqlstate, message = message_text;
      if purge.low < purge.high then
        purge.lows := purge.lows || ((purge.low + purge.high) / 2 + 1) || purge.low;
        purge.highs := purge.highs || purge.high || ((purge.low + purge.high) / 2);
      elsif purge.state in ('55P03', '40P01') then
        purge.locked := purge.locked || (purge.rows[purge.low]).entity_id;
        purge.outcome := coalesce(purge.outcome, '[]') || jsonb_build_object(
          'tenant_id', (purge.rows[purge.low]).tenant_id, 'fate', 'locked', 'rows', 1);
      else
        purge.locked := purge.locked || (purge.rows[purge.low]).entity_id;
        purge.outcome := coalesce(purge.outcome, '[]') || jsonb_build_object(
          'tenant_id', (purge.rows[purge.low]).tenant_id, 'fate', 'failed', 'rows', 1,
          'error', left(format('%s: %s (%s)', (purge.rows[purge.low]).entity_id, purge.message, purge.state), 500));
      end if;
    end;
  end loop;
  perform audit_private.note_data_batch(
    $1::uuid, «name»::text, purge.last_key::jsonb, purge.looked_at::integer, coalesce(purge.outcome, '[]')::jsonb,
    purge.gone::text[], purge.gone_tenants::uuid[], purge.gone_levels::text[], purge.gone_children::uuid[],
    purge.late::text[], purge.locked::text[]);
  return jsonb_build_object('removed', cardinality(purge.gone));
end
$template$,
    jsonb_build_object(
      'name', quote_literal(entry.relation),
      'relation', entry.relation,
      'view', format('audit_data.%I', 'retention_of_' || entry.object_name),
      'declarations', concat(
        (select string_agg(format(E'after_%1$s %2$s;\n  keys_%1$s %2$s[];\n  mine_%1$s %2$s[];\n  ', k.place, k.type), '' order by k.place) from key k),
        (select string_agg(format(E'parent_%s_%s %s[];\n  ', p.number, p.place, p.type), '' order by p.number, p.place) from last_parent p)),
      'after', (select string_agg(
        format('purge.after_%s := (terms #>> ''{after,%s}'')::%s;', k.place, k.place - 1, k.type), E'\n  ' order by k.place) from key k),
      'view_keys', (select string_agg('v.key_' || k.place, ', ' order by k.place) from key k),
      'view_keys_back', (select string_agg(format('v.key_%s desc', k.place), ', ' order by k.place) from key k),
      'judged_keys', (select string_agg('j.key_' || k.place, ', ' order by k.place) from key k),
      'after_keys', (select string_agg('purge.after_' || k.place, ', ' order by k.place) from key k),
      'text_keys', (select string_agg(format('v.key_%s::text', k.place), ', ' order by k.place) from key k),
      'collected', (select string_agg('array_agg(v.key_' || k.place || ')', ', ' order by k.place) from key k),
      'collected_mine', (select string_agg('array_agg(v.key_' || k.place || ')', ', ' order by k.place) from key k),
      'key_arrays', (select string_agg('purge.keys_' || k.place, ', ' order by k.place) from key k),
      'my_arrays', (select string_agg('purge.mine_' || k.place, ', ' order by k.place) from key k),
      'key_names', (select string_agg('key_' || k.place, ', ' order by k.place) from key k),
      'table_keys', (select string_agg(format('t.%s as key_%s', k.name, k.place), ', ' order by k.place) from key k),
      'table_is_key', (select string_agg(format('t.%s = k.key_%s', k.name, k.place), ' and ' order by k.place) from key k),
      'table_is_row', (select string_agg(format('t.%s = r.key_%s', k.name, k.place), ' and ' order by k.place) from key k),
      'view_is_key', (select string_agg(format('v.key_%s = k.key_%1$s', k.place), ' and ' order by k.place) from key k),
      'view_is_mine', (select string_agg(format('m.key_%s = v.key_%1$s', k.place), ' and ' order by k.place) from key k),
      'verdict', audit_private.data_verdict(entry, data_purge_body.relation),
      'children', (
        select string_agg(
          format($child$      with removed as (
        delete from %s %s
        using %s
        where %s
        returning r.tenant_id
      )
      select purge.part_children || array_agg(x.tenant_id) into purge.part_children from removed x;
$child$, c.relation, c.alias, c.tables, c.conditions), '' order by c.depth desc)
        from audit_private.data_children(
          entry.children, entry.relation || ' t, unnest(purge.rows[purge.low:purge.high]) r',
          (select string_agg(format('t.%s = r.key_%s', k.name, k.place), ' and ' order by k.place) from key k)) c
        where c.rule = 'delete'),
      'parent_columns', (select string_agg(format(', t.%s as parent_%s_%s', p.row_name, p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parent_collected', (select string_agg(format(', array_agg(x.parent_%s_%s)', p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parent_arrays', (select string_agg(format(', purge.parent_%s_%s', p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parents', (
        select string_agg(
          format($parent$      with removed as (
        delete from %1$s p
        using (select distinct on (%2$s) a.* from unnest(purge.part_tenants, %3$s) as a (tenant_id, %2$s)) u
        where %4$s and not exists (select from %5$s t where %6$s)
        returning u.tenant_id
      )
      select purge.part_children || array_agg(x.tenant_id) into purge.part_children from removed x;
$parent$, p.relation, p.names, p.arrays, p.is_parent, entry.relation, p.has_row), '' order by p.number)
        from (
          select l.number, l.relation,
            string_agg('column_' || l.place, ', ' order by l.place) as names,
            string_agg(format('purge.parent_%s_%s', l.number, l.place), ', ' order by l.place) as arrays,
            string_agg(format('p.%s = u.column_%s', l.name, l.place), ' and ' order by l.place) as is_parent,
            string_agg(format('t.%s = p.%s', l.row_name, l.name), ' and ' order by l.place) as has_row
          from last_parent l
          group by l.number, l.relation
        ) p)))
$$;
comment on function audit_private.data_purge_body(audit_private.data_retention, regclass) is
  'body of the function that removes a batch of a table under data retention';
