-- Of an address only what it answered last is remembered: nobody asks what has changed since an earlier one.
drop table edition;

-- The row that was noted last has the highest rowid.
create table edition (
  address text primary key,
  etag text not null,
  last_modified integer not null,
  -- The archive that the document led to.
  previous text not null
);
