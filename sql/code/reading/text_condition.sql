-- Text is asked for twice when it can be. The plain output of the columns, four times as quick to
-- make, holds every value as it stands, unless the text has a character that JSON escapes; what it
-- doesn't hold needn't be looked at closely.
--
-- The second question is the one that counts. As it stands it matches the index of a closed partition,
-- but under row-level security the planner may not look at how common a text is and believes that it
-- is rare: for a common one it would fetch and sort half a partition. Inside coalesce it matches no
-- index and is believed common, so the newest rows are walked until there are enough.
create or replace function audit_private.text_condition(columns text, key text, value jsonb, uses_index boolean)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case when text_condition.value #>> '{}' !~ E'["\\\\[:cntrl:]]' then
      format('coalesce(concat_ws(%L, %s) ilike %L, false) and ', E'\n', text_condition.columns, p.pattern)
    else '' end
    || format(
      case when text_condition.uses_index then 'audit_private.search_text_v1(%s) ilike %L'
        else 'coalesce(audit_private.search_text_v1(%s) ilike %L, false)' end,
      text_condition.columns, p.pattern)
  from (
    select audit_private.search_pattern(text_condition.key, text_condition.value) as pattern
  ) p
$$;
comment on function audit_private.text_condition(text, text, jsonb, boolean) is
  'a text is found in these arguments of search_text_v1, by its index or row by row';
