-- Bytes that the release takes in a document, at the most.
alter table release add column weight integer not null default 0;

alter table release add column withdrawn integer not null default 0;

-- It came with the past of an office: archives have it, heads do not.
alter table release add column history integer not null default 0;

alter table placement add column history integer not null default 0;

update release set
  weight = length(document) * 5 / 4 + 2000,
  withdrawn = document -> '$.withdrawn' is not null;

drop index release_language;

-- Feeds walk along the second of publication, archives along that of the last material change.
create index release_by_published on release (withdrawn, language, published);

create index release_by_updated on release (withdrawn, language, updated);

create index release_any_language_by_updated on release (withdrawn, updated);

drop table release_topic;

-- A release under each of its topics and under every topic that is broader, with what the walks need.
create table release_topic (
  topic text not null,
  published integer not null references release (published) on delete cascade,
  language text not null,
  updated integer not null,
  withdrawn integer not null,
  primary key (topic, published)
) without rowid;

create index release_topic_by_published on release_topic (topic, withdrawn, language, published);

create index release_topic_by_updated on release_topic (topic, withdrawn, language, updated);

create index release_topic_any_language_by_published on release_topic (topic, withdrawn, published);

create index release_topic_any_language_by_updated on release_topic (topic, withdrawn, updated);

create index release_topic_release on release_topic (published);

insert or ignore into release_topic (topic, published, language, updated, withdrawn)
select broader.broader, one.published, one.language, one.updated, one.withdrawn
from release as one, json_each(one.document, '$.topics') as named
  join topic_broader as broader on broader.topic = named.value;

-- Seconds that releases had which are no longer there. They get them back when they come back, and
-- nobody else gets them.
create table departed (
  id text primary key,
  published integer not null,
  updated integer not null,
  authored integer not null,
  wanted integer not null
) without rowid;

-- Which release a release corrects, by slug within a language.
create table correction (
  corrected text not null,
  language text not null,
  published integer not null references release (published) on delete cascade,
  primary key (corrected, language, published)
) without rowid;

create index correction_release on correction (published);

-- Files that releases show or attach, so that they are public no sooner and no longer than those.
create table release_media (
  path text not null,
  published integer not null references release (published) on delete cascade,
  primary key (path, published)
) without rowid;

create index release_media_release on release_media (published);

alter table incoming add column weight integer not null default 0;

-- JSON: paths of files
alter table incoming add column media text not null default '[]';

-- The archive that the document led to.
alter table edition add column previous text not null default '';
