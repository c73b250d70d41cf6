-- All tables as they are. A database of an earlier version is brought here by `earlier.ts`. Statements end
-- with a semicolon at the end of a line; an empty line parts them.

create table state (
  key text primary key,
  value not null
) without rowid;

-- The key of a release is its second of publication × 4096 and a place within that second: it is the
-- order of every feed, so a page of a feed is a walk along the key.
create table release (
  key integer primary key,
  -- The same of the last material change, along which archives are cut.
  updated_key integer not null unique,
  -- Second when the text last changed at all, for Last-Modified.
  changed integer not null,
  id text not null unique,
  slug text not null,
  language text not null,
  source text not null unique,
  origin text not null,
  hash text not null,
  -- The seconds the author wrote: `authored` for published, `wanted` for updated.
  authored integer not null,
  wanted integer not null,
  -- The release as JSON, without published and updated.
  document text not null,
  -- What its author sent to the API, where that was Markdown. No feed reads it.
  markdown text,
  -- Bytes that the release takes in a document, at the most.
  weight integer not null,
  withdrawn integer not null,
  -- It came with the past of an office: archives have it, heads do not.
  history integer not null,
  unique (slug, language)
);

create index release_by_change on release (withdrawn, updated_key);

-- Releases that are to be seen by nobody but their authors, outside the order of all others.
create table draft (
  id text primary key,
  slug text not null,
  language text not null,
  source text not null unique,
  origin text not null,
  hash text not null,
  authored integer not null,
  document text not null,
  markdown text,
  unique (slug, language)
) without rowid;

-- Earlier slugs, for addresses that moved. Several releases may have had the same one: readers are led to
-- the one that came out first.
create table former_slug (
  slug text not null,
  language text not null,
  key integer not null references release (key) on delete cascade,
  primary key (slug, language, key)
) without rowid;

create index former_slug_release on former_slug (key);

-- Which slugs releases had and lost, with or without being deleted, and whose they were then. A row stays
-- when its release has the slug again.
create table lost_slug (
  slug text not null,
  id text not null,
  publisher text,
  primary key (slug, id)
) without rowid;

-- Keys that releases had which are no longer there. They get them back when they come back, and nobody
-- else gets them.
create table departed (
  id text primary key,
  key integer not null,
  updated_key integer not null,
  authored integer not null,
  wanted integer not null,
  publisher text
) without rowid;

-- Which release a release corrects, by slug within a language.
create table correction (
  corrected text not null,
  language text not null,
  key integer not null references release (key) on delete cascade,
  primary key (corrected, language, key)
) without rowid;

create index correction_release on correction (key);

-- Files that releases show or attach, so that they are public no sooner and no longer than those.
create table release_media (
  path text not null,
  key integer not null references release (key) on delete cascade,
  primary key (path, key)
) without rowid;

create index release_media_release on release_media (key);

-- From a topic as a release names it to the topics it is found under.
create table topic_broader (
  topic text not null,
  broader text not null,
  primary key (topic, broader)
) without rowid;

-- The number in the marks of the releases that are found under a topic. It stays when the topic goes.
create table topic_mark (
  topic text primary key,
  number integer not null unique
) without rowid;

-- Questions are answered from the full-text index alone: beside its words it has marks for all else
-- that is asked for, so that one walk along it intersects them. The words come in folded already; the
-- tokenizer folds too, so that neither side can differ. Behind them stand their stems, which begin with
-- U+E001. A mark begins with U+E000; texts and searches have neither. It says
--   p, n or u       p is said of every release, n of news that did not come with the past of an office,
--                   u where the keys of publication and of the last material change are the same
--   s or w          it stands, or is withdrawn
--   a language      or nothing, for all languages
--   what of         t and the number of a topic that it is found under, o and its publisher, k and its
--                   kind, or nothing, for all releases
-- A release has every one that is true of it. So the mark of a topic alone finds what a feed holds, and
-- need not meet one that nearly all releases have. A mark with m and a name is for each topic as the
-- release names it. Names are hex, because the tokenizer parts what it does not take for letters.
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
), '') as marks
from release;

create virtual table release_words using fts5 (
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

create trigger release_words_deleted after delete on release begin
  delete from release_words where rowid = old.key;
end;

-- Whose two keys differ is here once more, with that of the last material change as rowid, so that a walk
-- along those finds it in its place.
create virtual table moved_words using fts5 (
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

create trigger moved_words_deleted after delete on release when old.updated_key <> old.key begin
  delete from moved_words where rowid = old.updated_key;
end;

-- Only these tell which words a release has. They look through all of the index, when the vocabulary
-- changes so that releases are found under other topics.
create virtual table word_place using fts5vocab (release_words, instance);

create virtual table moved_word_place using fts5vocab (moved_words, instance);

-- How many releases stand under a topic, with those that are still to come, and the newest key that one of
-- them has or had.
create table topic_count (
  topic text not null,
  language text not null,
  count integer not null,
  newest integer not null,
  -- Whether the release of that key may be gone, so that another one is the newest.
  doubtful integer not null default 0,
  primary key (topic, language)
) without rowid;

create trigger topic_counted after insert on release when new.withdrawn = 0 begin
  insert into topic_count (topic, language, count, newest)
  select distinct broader, new.language, 1, new.key
  from json_each(new.document, '$.topics') as named join topic_broader on topic = named.value
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
  );
end;

-- A change of anything that no other address shows must not touch the validators of that address:
-- so for every topic and language we know when a release last left it or came under it. An empty
-- topic stands for releases that left altogether.
create table departure (
  topic text not null,
  language text not null,
  since integer not null,
  primary key (topic, language)
) without rowid;

-- What addresses answered lately. The row that was noted last has the highest rowid.
create table edition (
  address text not null,
  etag text not null,
  last_modified integer not null,
  -- Key of the least recent change in the document.
  oldest integer not null,
  -- The archive that the document led to.
  previous text not null,
  unique (address, etag)
);

-- What was read from the content folder: a file whose stamp is the same, and whose media are, need
-- not be read again.
create table content_file (
  path text primary key,
  stamp text not null,
  -- JSON: path below media/ → size
  media text not null
) without rowid;

-- Releases that are being brought in, until all of a change is there and takes effect at once.
create table incoming (
  batch text not null,
  id text not null,
  -- How many were staged before it.
  number integer not null,
  staged integer not null,
  -- What becomes of the times of a release that comes late: see Dates in domain/publishing.ts.
  dates text not null,
  -- Of what comes through the API: the revision of the store that it was decided for, and what the history
  -- is to tell of it, as JSON. Whoever makes a change at that revision makes this one with it.
  decided integer,
  deed text,
  slug text not null,
  language text not null,
  source text not null,
  origin text not null,
  hash text not null,
  authored integer not null,
  wanted integer not null,
  document text not null,
  markdown text,
  words text not null,
  weight integer not null,
  -- JSON: paths of files
  media text not null,
  primary key (batch, id)
) without rowid;

create index incoming_decided on incoming (decided) where decided is not null;

-- The places in the order of publication that were chosen for them.
create table placement (
  batch text not null,
  id text not null,
  key integer not null,
  updated_key integer not null,
  history integer not null,
  primary key (batch, id)
) without rowid;

-- Topics that came in through the API, beside those of the content folder.
create table published_topic (
  slug text primary key,
  document text not null
) without rowid;

-- What was changed through the API, by whom and when.
create table history (
  number integer primary key,
  -- Identity of the release, or topic:slug.
  subject text not null,
  slug text not null,
  language text not null,
  at integer not null,
  by text not null,
  action text not null,
  note text not null,
  -- What the change replaced, as JSON; null when there was nothing before.
  replaced text
);

create index history_subject on history (subject, number);
