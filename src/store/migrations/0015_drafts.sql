-- Drafts that wait are lost here, and whoever staged them begins anew: the revision is another.
drop table incoming;

-- As before, with a rowid. SQLite looks for a row of a table without by comparing whole rows, for which it reads every page
-- of their texts. What is short stands first, because what stands behind a text is found by going through it.
create table incoming (
  batch text not null,
  id text not null,
  -- How many were staged before it.
  number integer not null,
  staged integer not null,
  -- What becomes of the times of a release that comes late: see Dates in domain/publishing.ts.
  dates text not null,
  -- Of what comes through the API: the revision of the store that it was decided for, and (`deed`) what the history
  -- is to tell of it, as JSON. Whoever makes a change at that revision makes this one with it.
  decided integer,
  slug text not null,
  language text not null,
  source text not null,
  origin text not null,
  hash text not null,
  authored integer not null,
  wanted integer not null,
  weight integer not null,
  -- JSON: paths of files
  media text not null,
  deed text,
  document text not null,
  markdown text,
  words text not null,
  primary key (batch, id)
);

create index incoming_decided on incoming (decided) where decided is not null;

-- FTS5 sorts new words in memory and writes them down whenever they take that many bytes, then merges what it has
-- written. With the usual million that is most of the work of a load.
insert into release_words (release_words, rank) values ('hashsize', 8000000);

insert into moved_words (moved_words, rank) values ('hashsize', 8000000);

insert into event_words (event_words, rank) values ('hashsize', 8000000);

-- The same marks in the same order, made in a third of the time: the subjects are put together once for each release.
drop view release_marks;

create view release_marks as
select key, updated_key, (
  select group_concat(start || replace(subjects, ' ', ' ' || start), ' ')
  from (
    select group_concat(subject, ' ') as subjects from (
      select '' as subject
      union all select 'o' || hex(document ->> '$.publisher')
      union all select 'k' || hex(document ->> '$.kind')
      union all select 't' || number from (
        select distinct broader from json_each(document, '$.topics') as named
          join topic_broader on topic = named.value
      ) join topic_mark on topic_mark.topic = broader
    )
  ) cross join (
    select char(57344) || kind || iif(withdrawn, 'w', 's') || tongue as start from (
      select 'p' as kind
      union all select 'n' where not history
      union all select 'u' where updated_key = key
    ) cross join (
      select '' as tongue
      union all select hex(language)
    )
  )
) || coalesce((
  select group_concat(' ' || char(57344) || 'm' || hex(value), '') from json_each(document, '$.topics')
), '') || coalesce((
  select group_concat(' ' || char(57344) || 'x' || number, '') from topic_move
  where stage = 'coming' and (topic, joins) in (
    select topic, joins from release_move where release_move.key = release.key
  )
), '') as marks
from release;
