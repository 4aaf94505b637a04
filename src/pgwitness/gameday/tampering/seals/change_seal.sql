-- An event is changed, and with it the list, the root and the hash of its seal.
-- sv: En händelse ändras, och med den sigillets lista, rot och kontrollsumma.
-- verify: broken_chain
-- evidence: unproven
select gameday.open();
select gameday.change_seal();
select gameday.close();
