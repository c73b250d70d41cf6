-- When releases come under other topics, they are marked for that in portions beforehand: `prepare-topics.ts`.
-- One vocabulary is prepared at a time.
create table topic_preparation (
  id integer primary key autoincrement,
  -- Key of the last release that is marked and counted for it. Whatever comes up to there is counted at once.
  done integer not null default 0,
  -- Second when somebody last went on with it.
  touched integer not null
);

-- What will be different in `topic_broader`, of names that releases have.
create table topic_change (
  topic text not null,
  broader text not null,
  -- Whether it is there afterwards, or is there now.
  joins integer not null,
  primary key (topic, broader)
) without rowid;

-- Beside the mark of a topic, the mark x and a number stand for the releases that come under it, and others for
-- those that leave it.
create table topic_move (
  -- Never given again: a reader may know it for as long as it has the state.
  number integer primary key autoincrement,
  topic text not null,
  joins integer not null,
  -- coming    it is being prepared: nobody asks for it yet, and new releases get it
  -- current   it counts beside the mark of the topic, until its releases have that one right
  -- stale     it was prepared for nothing
  stage text not null
);

-- What is to be added to `topic_count`, of the releases that are marked.
create table topic_count_change (
  topic text not null,
  language text not null,
  difference integer not null,
  -- The newest key that one of the releases has or had which come under it, or 0.
  newest integer not null,
  -- Whether the newest key of the topic may be that of another one afterwards.
  doubtful integer not null,
  primary key (topic, language)
) without rowid;

-- The topics that a release will come under, or leave, perhaps more than once. With `distinct` here, SQLite would go
-- through all releases for the one that is asked for.
create view release_move as
select key, language, withdrawn, broader as topic, joins from (
  select release.key, release.language, release.withdrawn, topic_change.broader,
    exists (
      select 1 from json_each(release.document, '$.topics') as every
        cross join topic_broader on topic_broader.topic = every.value
      where topic_broader.broader = topic_change.broader
    ) as is_under,
    exists (
      select 1 from json_each(release.document, '$.topics') as every
        cross join topic_broader on topic_broader.topic = every.value
      where topic_broader.broader = topic_change.broader and not exists (
        select 1 from topic_change as other
        where other.topic = every.value and other.broader = topic_broader.broader and not other.joins
      )
      union all
      select 1 from json_each(release.document, '$.topics') as every
        cross join topic_change as other on other.topic = every.value
      where other.broader = topic_change.broader and other.joins
    ) as joins
  from release cross join json_each(release.document, '$.topics') as named
    cross join topic_change on topic_change.topic = named.value
) where is_under <> joins;

create trigger topic_move_counted after insert on release
when new.withdrawn = 0 and new.key <= (select done from topic_preparation) begin
  insert into topic_count_change (topic, language, difference, newest, doubtful)
  select topic, language, iif(joins, 1, -1), iif(joins, key, 0), not joins
  from (select distinct key, language, topic, joins from release_move where key = new.key) where true
  on conflict (topic, language) do update set
    difference = difference + excluded.difference,
    newest = max(newest, excluded.newest),
    doubtful = doubtful or excluded.doubtful;
end;

create trigger topic_move_uncounted before delete on release
when old.withdrawn = 0 and old.key <= (select done from topic_preparation) begin
  update topic_count_change set
    difference = difference - iif(
      (select joins from release_move where key = old.key and topic = topic_count_change.topic), 1, -1
    ),
    doubtful = 1
  where language = old.language and topic in (select topic from release_move where key = old.key);
end;

-- As before, with the marks of what is being prepared.
drop view release_marks;

create view release_marks as
select key, updated_key, (
  select group_concat(char(57344) || kind || iif(withdrawn, 'w', 's') || tongue || subject, ' ')
  from (
    select 'p' as kind
    union all select 'n' where not history
    union all select 'u' where updated_key = key
  ), (
    select '' as tongue
    union all select hex(language)
  ), (
    select '' as subject
    union all select 'o' || hex(document ->> '$.publisher')
    union all select 'k' || hex(document ->> '$.kind')
    union all select 't' || number from (
      select distinct broader from json_each(document, '$.topics') as named
        join topic_broader on topic = named.value
    ) join topic_mark on topic_mark.topic = broader
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
