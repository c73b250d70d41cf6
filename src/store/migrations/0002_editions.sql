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
  oldest integer not null,
  unique (address, etag)
);
