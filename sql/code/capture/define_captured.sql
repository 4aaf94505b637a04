-- What the catalogue already knows stays as it is: a category never changes, and somebody may have worded the titles.
create or replace function audit_private.define_captured(entity_type text, category text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  noun constant text := upper(left(define_captured.entity_type, 1))
    || replace(substr(define_captured.entity_type, 2), '_', ' ');
  chosen constant text := coalesce(define_captured.category, 'data_changes');
  title text;
begin
  if chosen = 'data_changes' and not exists (select from audit_private.category c where c.category = chosen) then
    perform audit.define_category(
      category => chosen,
      titles => '{"en": "Data changes", "sv": "Dataändringar"}',
      descriptions => '{"en": "Rows of watched tables created, updated and deleted", "sv": "Rader i bevakade tabeller som skapats, ändrats och tagits bort"}');
  end if;
  if not exists (select from audit_private.entity_type t where t.entity_type = define_captured.entity_type) then
    perform audit.define_entity_type(
      entity_type => define_captured.entity_type, titles => jsonb_build_object('en', noun));
  end if;
  select coalesce(t.titles ->> 'en', noun) into title
  from audit_private.entity_type t where t.entity_type = define_captured.entity_type;
  perform audit.define_action(
    action => define_captured.entity_type || o.suffix,
    category => coalesce(a.category, chosen),
    titles => coalesce(a.titles, jsonb_build_object('en', title || o.verb)),
    descriptions => coalesce(a.descriptions, '{}'),
    when_too_large => coalesce(a.when_too_large, 'cut'))
  from (
    values ('_created', ' created'), ('_updated', ' updated'), ('_deleted', ' deleted'), ('_truncated', ' table emptied')
  ) as o (suffix, verb)
  left join audit_private.action a on a.action = define_captured.entity_type || o.suffix
  where a.action is null or a.retired_at is not null;
end
$$;
comment on function audit_private.define_captured(text, text) is
  'defines the entity type and the actions of a watched table, as far as the catalogue lacks them';
