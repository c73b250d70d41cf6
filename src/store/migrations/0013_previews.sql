-- Links that show one release to one person before it is public. No query of readers asks for them, and they move
-- neither the revision nor any second.
create table preview (
  -- SHA-256 of the secret in the address, in hex. The secret itself is kept nowhere.
  digest text primary key,
  -- What authors call the link by. It tells nothing of the secret.
  id text not null unique,
  -- Identity of the release.
  release text not null,
  name text not null,
  -- JSON: the other languages that are shown, or ["all"]
  languages text not null,
  -- JSON: the publishers of whoever made it, or null for all
  publishers text,
  by text not null,
  created integer not null,
  expires integer not null,
  -- Second when it was revoked.
  revoked integer,
  -- Second when it ended or will end, whatever ends it first.
  ends integer not null
) without rowid;

create index preview_release on preview (release);

create index preview_ends on preview (ends);
