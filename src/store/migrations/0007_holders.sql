-- Which slugs a release had that is no longer there, and whose it was. Of those that went before this
-- migration nobody knows.
create table departed_slug (
  slug text not null,
  id text not null references departed (id) on delete cascade,
  publisher text not null,
  primary key (slug, id)
) without rowid;

create index departed_slug_release on departed_slug (id);

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
