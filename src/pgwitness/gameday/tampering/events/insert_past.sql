-- An event is slipped in between two sealed ones, with times and a transaction number to match.
-- sv: En händelse smugglas in mellan två förseglade, med tider och transaktionsnummer som passar.
-- verify: extra_event
select gameday.open();
select gameday.insert_event(like_event => gameday.victim(), given => '{"description": "Anna approved it"}');
select gameday.close();
