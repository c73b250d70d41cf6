-- Releases are counted by publisher and by kind as well, under the terms of expressions: `by:customs`, `kind:speech`.
drop trigger topic_counted;

drop trigger topic_uncounted;

create trigger topic_counted after insert on release when new.withdrawn = 0 begin
  insert into topic_count (topic, language, count, newest)
  select term, new.language, 1, new.key from (
    select distinct broader as term from json_each(new.document, '$.topics') as named
      join topic_broader on topic = named.value
    union all select 'by:' || (new.document ->> '$.publisher')
    union all select 'kind:' || (new.document ->> '$.kind')
  )
  where true
  on conflict (topic, language) do update set
    count = count + 1,
    doubtful = doubtful and newest > excluded.newest,
    newest = max(newest, excluded.newest);
end;

create trigger topic_uncounted after delete on release when old.withdrawn = 0 begin
  update topic_count set count = count - 1, doubtful = doubtful or newest = old.key
  where language = old.language and topic in (
    select broader from json_each(old.document, '$.topics') as named
      join topic_broader on topic = named.value
    union all select 'by:' || (old.document ->> '$.publisher')
    union all select 'kind:' || (old.document ->> '$.kind')
  );
end;

insert into topic_count (topic, language, count, newest)
select named.value, language, count(*), max(release.key)
from release cross join json_each(
  json_array('by:' || (document ->> '$.publisher'), 'kind:' || (document ->> '$.kind'))
) as named
where withdrawn = 0 group by named.value, language;
