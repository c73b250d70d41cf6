-- Statements end with a semicolon at the end of a line; an empty line parts them.

create table state (
  key text primary key,
  value not null
) without rowid;

-- The second of publication is the key: it is unique within the site, and it is the order of every
-- feed, so a page of a feed is a walk along the key.
create table release (
  published integer primary key,
  updated integer not null unique,
  -- When the text last changed at all, for Last-Modified.
  changed integer not null,
  id text not null unique,
  slug text not null,
  language text not null,
  source text not null unique,
  origin text not null,
  hash text not null,
  -- The times the author wrote: `authored` for published, `wanted` for updated.
  authored integer not null,
  wanted integer not null,
  -- The release as JSON, without published and updated.
  document text not null,
  unique (slug, language)
);

create index release_language on release (language, published);

-- Earlier slugs, for addresses that moved.
create table former_slug (
  slug text not null,
  language text not null,
  published integer not null references release (published) on delete cascade,
  primary key (slug, language)
) without rowid;

create index former_slug_release on former_slug (published);

-- A release under each of its topics and under every topic that is broader.
create table release_topic (
  topic text not null,
  language text not null,
  published integer not null references release (published) on delete cascade,
  primary key (topic, language, published)
) without rowid;

create index release_topic_any_language on release_topic (topic, published);

create index release_topic_release on release_topic (published);

-- From a topic as a release names it to the topics it is found under.
create table topic_broader (
  topic text not null,
  broader text not null,
  primary key (topic, broader)
) without rowid;

-- The words come in folded already; the tokenizer folds too, so that neither side can differ.
create virtual table release_words using fts5 (
  words,
  content = '',
  contentless_delete = 1,
  tokenize = 'unicode61 remove_diacritics 2'
);

create trigger release_words_deleted after delete on release begin
  delete from release_words where rowid = old.published;
end;

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
  staged integer not null,
  slug text not null,
  language text not null,
  source text not null,
  origin text not null,
  hash text not null,
  authored integer not null,
  wanted integer not null,
  document text not null,
  words text not null,
  primary key (batch, id)
) without rowid;

-- The places in the order of publication that were chosen for them.
create table placement (
  batch text not null,
  id text not null,
  published integer not null,
  updated integer not null,
  primary key (batch, id)
) without rowid;
