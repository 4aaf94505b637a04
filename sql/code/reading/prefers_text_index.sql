-- What the planner may not do (text_condition): asks the sample that ANALYZE took of the search index
-- how common a text is. Walking newest rows looks at wanted / share of them, the index at share * all;
-- whichever is less. Open partitions and servers without pg_trgm have no sample and are walked.
create or replace function audit_private.prefers_text_index(
  filter jsonb,
  from_time timestamptz,
  until_time timestamptz,
  wanted bigint
)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  pattern text;
  share numeric;
  estimated_rows numeric;
begin
  if not prefers_text_index.filter ? 'search' then
    return false;
  end if;
  pattern := audit_private.search_pattern('search', prefers_text_index.filter -> 'search');
  select sum(greatest(c.reltuples, 0)), sum(f.found_texts) / nullif(sum(f.texts), 0)
  into estimated_rows, share
  from audit_private.event_partitions() e
  join pg_class c
    on c.relnamespace = 'audit_private'::regnamespace and c.relname = e.partition_name
  join pg_stats s
    on s.schemaname = 'audit_private' and s.tablename = left(e.partition_name, 50) || '_search_idx'
  cross join lateral (
    select count(*) as texts, count(*) filter (where v.value ilike pattern) as found_texts
    from unnest(s.histogram_bounds::text::text[]) as v (value)
  ) f
  where e.from_time < prefers_text_index.until_time and e.until_time > prefers_text_index.from_time;
  return coalesce(share ^ 2 * estimated_rows < prefers_text_index.wanted, false);
end
$$;
comment on function audit_private.prefers_text_index(jsonb, timestamptz, timestamptz, bigint) is
  'whether the search index finds the wanted number of events sooner than walking the newest rows';
