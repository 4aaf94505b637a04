-- One column of a sealed event is changed, and nothing else.
-- sv: En kolumn i en förseglad händelse ändras, och inget annat.
-- verify: changed_event
-- evidence: unproven
-- each: recorded_at = recorded_at - interval '1 hour'
-- each: sequence = sequence + 1
-- each: transaction_id = transaction_id - 1
-- each: source = 'imported'
-- each: action = 'user_deleted'
-- each: entity_type = 'assistant'
-- each: actor_type = 'api_key'
-- each: outcome = 'success'
-- each: recorded_by = 'somebody_else'
-- each: actor_id = 'somebody-else'
-- each: entity_id = 'something-else'
-- each: description = 'Nothing happened'
-- each: actor = '{"name": "Somebody Else"}'
-- each: target = '{"name": "Another"}'
-- each: changes = null
-- each: metadata = metadata || '{"page": "/"}'
-- each: ip = '198.51.100.1'
-- each: user_agent = 'curl/8'
-- each: request_id = 'r-2'
-- each: error_message = 'None'
-- each: salt = gen_random_uuid()
select gameday.open();
update audit_private.event set {each}
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
