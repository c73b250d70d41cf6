-- How many releases stand under a topic, with those that are still to come, and the newest second that
-- one of them has or had.
create table topic_count (
  topic text not null,
  language text not null,
  count integer not null,
  newest integer not null,
  -- Whether the release of that second may be gone, so that another one is the newest.
  doubtful integer not null default 0,
  primary key (topic, language)
) without rowid;

create trigger topic_counted after insert on release when new.withdrawn = 0 begin
  insert into topic_count (topic, language, count, newest)
  select distinct broader, new.language, 1, new.published
  from json_each(new.document, '$.topics') as named join topic_broader on topic = named.value
  where true
  on conflict (topic, language) do update set
    count = count + 1,
    doubtful = doubtful and newest > excluded.newest,
    newest = max(newest, excluded.newest);
end;

create trigger topic_uncounted after delete on release when old.withdrawn = 0 begin
  update topic_count set count = count - 1, doubtful = doubtful or newest = old.published
  where language = old.language and topic in (
    select broader from json_each(old.document, '$.topics') as named
      join topic_broader on topic = named.value
  );
end;

insert into topic_count (topic, language, count, newest)
select broader, language, count(*), max(published) from (
  select distinct broader, language, published
  from release cross join json_each(document, '$.topics') as named
    join topic_broader on topic = named.value
  where withdrawn = 0
) group by broader, language;
