-- The log gets another name.
-- sv: Loggen får ett annat namn.
-- verify: broken_chain
-- checkpoint: foreign
-- evidence: unproven
select gameday.open();
update audit_private.instance set installation_id = gen_random_uuid();
select gameday.close();
