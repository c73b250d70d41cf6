-- Which slugs releases had and lost, with or without being deleted, and whose they were then. A row stays
-- when its release has the slug again. Of those that were lost before this migration nobody knows.
create table lost_slug (
  slug text not null,
  id text not null,
  publisher text,
  primary key (slug, id)
) without rowid;

-- Whose a release was that is no longer there.
alter table departed add column publisher text;

-- Several releases may have had the same slug. Readers are led to the one that came out first.
drop table former_slug;

create table former_slug (
  slug text not null,
  language text not null,
  published integer not null references release (published) on delete cascade,
  primary key (slug, language, published)
) without rowid;

create index former_slug_release on former_slug (published);

insert or ignore into former_slug (slug, language, published)
select former.value, language, published from release, json_each(document, '$.formerly') as former;
