-- Defining a retired action again brings it back. Its category never changes, because events don't
-- store it.
create or replace function audit.define_action(
  action text,
  category text,
  titles jsonb,
  descriptions jsonb default '{}',
  when_too_large text default 'refuse'
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known_category text;
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_definition(
    define_action.action, define_action.titles, define_action.descriptions,
    exists (
      select from audit_private.action a join audit_private.category c using (category)
      where a.action = define_action.action and c.is_built_in
    ));
  if not exists (
    select from audit_private.category c
    where c.category = define_action.category and not c.is_built_in
  ) then
    raise exception using
      errcode = 'WT022',
      message = format('category %s can''t take actions', coalesce(quote_literal(define_action.category), 'null')),
      detail = 'It is not defined, or it is built in.',
      hint = format('Define it first: select audit.define_category(category => %L, titles => …);',
        define_action.category);
  end if;
  select a.category into known_category
  from audit_private.action a
  where a.action = define_action.action;
  if known_category <> define_action.category then
    perform audit_private.refuse_definition(
      format('action %s belongs to category %s', define_action.action, known_category),
      'An action''s category never changes, since its events are found by it.',
      'Keep the category, or define an action with another code.');
  end if;
  if define_action.when_too_large is null or define_action.when_too_large not in ('refuse', 'cut') then
    perform audit_private.refuse_definition(
      format('action %s has no valid when_too_large', define_action.action),
      format('It is %s.', coalesce(quote_literal(define_action.when_too_large), 'null')),
      'Use refuse or cut.');
  end if;

  insert into audit_private.action as known (action, category, titles, descriptions, when_too_large)
  values (
    define_action.action, define_action.category, define_action.titles, define_action.descriptions,
    define_action.when_too_large
  )
  on conflict on constraint action_pkey do update
  set titles = excluded.titles,
    descriptions = excluded.descriptions,
    when_too_large = excluded.when_too_large,
    retired_at = null
  where (known.titles, known.descriptions, known.when_too_large, known.retired_at)
    is distinct from (excluded.titles, excluded.descriptions, excluded.when_too_large, null);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('action', define_action.action, jsonb_build_object(
    'category', define_action.category,
    'titles', define_action.titles,
    'descriptions', define_action.descriptions,
    'when_too_large', define_action.when_too_large));
  return true;
end
$$;
comment on function audit.define_action(text, text, jsonb, jsonb, text) is
  'defines or redefines what can be logged; true when that changed anything; for audit_operator';
grant execute on function audit.define_action(text, text, jsonb, jsonb, text) to audit_operator;
