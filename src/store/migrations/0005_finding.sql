-- Questions are answered from the full-text index alone: beside its words it has marks for all else
-- that is asked for, so that one walk along it intersects them. A mark begins with a character for
-- private use (U+E000), which the words of texts and of searches never have, and says
--   p, n or u       p is said of every release, n of news that did not come with the past of an office,
--                   u where the seconds of publication and of the last material change are the same
--   s or w          it stands, or is withdrawn
--   a language      or nothing, for all languages
--   t and a topic   that the release is found under, or the name it has in the release, or nothing, for
--                   all releases
-- A release has every one that is true of it. So the mark of a topic alone finds what a feed holds, and
-- need not meet one that nearly all releases have. Names are hex, because the tokenizer parts what it
-- does not take for letters.
create view release_marks as
select published, updated, (
  select group_concat(char(57344) || kind || iif(withdrawn, 'w', 's') || tongue || topic, ' ')
  from (
    select 'p' as kind
    union all select 'n' where not history
    union all select 'u' where updated = published
  ), (
    select '' as tongue
    union all select hex(language)
  ), (
    select '' as topic
    union all select 't' || hex(value) from (
      select value from json_each(document, '$.topics')
      union select broader from json_each(document, '$.topics') as named
        join topic_broader on topic = named.value
    )
  )
) as marks
from release;

-- Whose two seconds differ is here once more, with that of the last material change as rowid, so that
-- a walk along those finds it in its place.
create virtual table moved_words using fts5(
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

create trigger moved_words_deleted after delete on release when old.updated <> old.published begin
  delete from moved_words where rowid = old.updated;
end;

-- Only these tell which words a release has. They look through all of the index, if there is need to: here,
-- and when the vocabulary changes so that releases are found under other topics.
create virtual table word_place using fts5vocab (release_words, instance);

create virtual table moved_word_place using fts5vocab (moved_words, instance);

insert into moved_words (rowid, words)
select updated, words || ' ' || marks from (
  select doc, group_concat(term, ' ' order by offset) as words
  from (select 1 from release where updated <> published limit 1) cross join word_place
  where doc in (select published from release where updated <> published)
  group by doc
) join release_marks on published = doc;

-- The marks are a second entry for a release. In one piece of the index the two go together when the
-- release goes, and not before.
insert into release_words (rowid, words) select published, marks from release_marks;

insert into release_words (release_words) values ('optimize');

drop table release_topic;

drop index release_by_published;

drop index release_by_updated;
