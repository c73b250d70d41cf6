-- Releases with an event are once more in an index of their own, with words and marks, so that a calendar is a walk
-- along them alone.
create virtual table event_words using fts5 (
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

create trigger event_words_deleted after delete on release
when old.document -> '$.event' is not null begin
  delete from event_words where rowid = old.key;
end;

create virtual table event_word_place using fts5vocab (event_words, instance);

-- Those that an earlier version wrote. SQL cannot read the words of a text: `index-events.ts` does.
create table unindexed_event (
  key integer primary key references release (key) on delete cascade
);

insert into unindexed_event (key) select key from release where document -> '$.event' is not null;
