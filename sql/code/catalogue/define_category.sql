create or replace function audit.define_category(
  category text,
  titles jsonb,
  descriptions jsonb default '{}'
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.check_definition(
    define_category.category, define_category.titles, define_category.descriptions,
    exists (
      select from audit_private.category c
      where c.category = define_category.category and c.is_built_in
    ));
  insert into audit_private.category as known (category, titles, descriptions)
  values (define_category.category, define_category.titles, define_category.descriptions)
  on conflict on constraint category_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('category', define_category.category, jsonb_build_object(
    'titles', define_category.titles, 'descriptions', define_category.descriptions));
  return true;
end
$$;
comment on function audit.define_category(text, jsonb, jsonb) is
  'defines or redefines a group of actions that are switched together; true when that changed anything; for audit_operator';
grant execute on function audit.define_category(text, jsonb, jsonb) to audit_operator;
