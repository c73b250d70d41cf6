-- What becomes of the times of a release that comes late: see Dates in domain/publishing.ts.
alter table incoming add column dates text not null default 'news';

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
