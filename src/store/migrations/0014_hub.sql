-- The WebSub hub. One row says who distributes, until which second unless that is renewed, and how far: `looked` is the
-- second since when all was public that was looked at last, `number` the last number in `hub_news`, and `feeds`
-- grows whenever there is another feed to look at.
create table hub (
  one integer primary key check (one = 1),
  leader text not null,
  leader_until integer not null,
  looked integer not null,
  number integer not null,
  feeds integer not null
);

-- What subscribers are told of, in the order in which it was noticed: the identity of a release with the second of its
-- last material change, or `ended` and a term with the second when that ended.
create table hub_news (
  number integer primary key,
  subject text not null,
  updated integer not null,
  at integer not null,
  unique (subject, updated)
);

-- Feeds that somebody subscribed to. `altered` is the number of the last news that is in it.
create table hub_feed (
  id integer primary key,
  address text not null unique,
  query text not null,
  format text not null,
  altered integer not null
);

-- Where the feeds are found that a release may be in: for each alternative of an expression the required term that has
-- the fewest releases, or '' for one that requires none.
create table hub_anchor (
  term text not null,
  language text not null,
  feed integer not null references hub_feed (id) on delete cascade,
  primary key (term, language, feed)
) without rowid;

create index hub_anchor_feed on hub_anchor (feed);

-- Who is told. `delivered` is the number up to which it was, `given_up` the one up to which it will not be. While it
-- fails there is a second when it is due again.
create table hub_subscription (
  id integer primary key,
  feed integer not null references hub_feed (id) on delete cascade,
  asked text not null,
  callback text not null,
  host text not null,
  secret text,
  verify_token text,
  lease_until integer not null,
  delivered integer not null,
  given_up integer not null default 0,
  attempts integer not null default 0,
  due integer,
  failing_since integer,
  last_status text,
  unique (feed, callback)
);

create index hub_subscription_due on hub_subscription (due) where due is not null;

create index hub_subscription_host on hub_subscription (host);

-- What was asked for and is not verified yet, or what a subscriber is still to be told that ended.
create table hub_request (
  id integer primary key autoincrement,
  address text not null,
  query text not null,
  format text not null,
  asked text not null,
  callback text not null,
  host text not null,
  mode text not null,
  secret text,
  verify_token text,
  lease integer not null,
  at integer not null,
  due integer not null,
  tries integer not null default 0,
  unique (address, callback)
);

create index hub_request_due on hub_request (due);

create index hub_request_host on hub_request (host);

-- What is known of the hosts of callbacks: until when one counts as slow; since when none of its callbacks can be
-- reached and when that is tried again; whether it verified anything; and how many verifications failed in a row.
create table hub_host (
  host text primary key,
  slow_until integer not null default 0,
  attempts integer not null default 0,
  retry_at integer,
  failing_since integer,
  verified integer not null default 0,
  failed_verifications integer not null default 0,
  refused_until integer not null default 0
) without rowid;
