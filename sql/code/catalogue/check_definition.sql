-- One check for every kind of definition, so that all refuse the same things in the same words.
create or replace function audit_private.check_definition(code text, titles jsonb, descriptions jsonb, is_built_in boolean)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_definition.code !~ '^[a-z][a-z0-9_]{0,62}$' or check_definition.code is null then
    perform audit_private.refuse_definition(
      format('%s is not a code', coalesce(quote_literal(check_definition.code), 'null')),
      'A code has 1 to 63 lower-case letters, digits and underscores, and begins with a letter.',
      'Put what people read into titles.');
  end if;
  if check_definition.is_built_in then
    perform audit_private.refuse_definition(
      format('%s is built in', check_definition.code),
      'What the log says about itself can''t be redefined.',
      'Choose another code.');
  end if;
  if check_definition.titles is null or check_definition.titles = '{}'
    or not audit_private.is_text_by_language_v1(check_definition.titles)
  then
    perform audit_private.refuse_definition(
      format('%s has no valid titles', check_definition.code),
      'Titles are an object of language code to text, with one language at least.',
      'For example: titles => ''{"en": "User created", "sv": "Användare skapad"}''');
  end if;
  if check_definition.descriptions is null
    or not audit_private.is_text_by_language_v1(check_definition.descriptions)
  then
    perform audit_private.refuse_definition(
      format('%s has no valid descriptions', check_definition.code),
      'Descriptions are an object of language code to text; it may be empty.',
      'For example: descriptions => ''{"en": "An account was added"}''');
  end if;
end
$$;
comment on function audit_private.check_definition(text, jsonb, jsonb, boolean) is
  'raises WT050 unless code, titles and descriptions can be defined';
