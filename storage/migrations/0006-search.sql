-- The blind index (DESIGN, "The index is blind"): of each item the keyed hashes of its words, the field within the hash; and
-- for each account a sealed vocabulary, in which words are looked up before they become hashes.

create table item_words (
  account_id bigint not null,
  item_id bigint not null,
  words int[] not null,               -- keyed hashes, in no order; an item that is indexed has a row, however empty
  pairs bytea not null,               -- which words follow one another: bits of keyed hashes, a Bloom filter
  primary key (account_id, item_id),
  foreign key (account_id, item_id) references item
);
-- A usual letter's hashes stay in its row: they are looked at one letter after the other where a word is common.
alter table item_words alter column words set storage external, alter column pairs set storage external;
alter table item_words set (toast_tuple_target = 8160);
-- What waits to be sorted in is read by every search.
create index item_words_by_word on item_words using gin (words) with (gin_pending_list_limit = 1024);

create table vocabulary (
  account_id bigint not null,
  chunk bigint not null,
  level int not null,                 -- chunks of one level are about equally large, and merged when there are several
  sealed bytea not null,              -- words, and how many items have each
  primary key (account_id, chunk)
);
alter table vocabulary alter column sealed set storage external;

create table index_state (            -- how far a kind of item is indexed
  account_id bigint not null,
  kind text not null,
  change bigint not null,             -- all up to this number are,
  item_id bigint not null,            -- and of the next number those with ids up to this
  primary key (account_id, kind)
);

create table erased_words (           -- hashes of erased items, until the vocabulary has forgotten what only they had
  account_id bigint not null,
  item_id bigint not null,
  words int[] not null,
  erased_at timestamptz not null,
  primary key (account_id, item_id)
);
create index erased_words_by_time on erased_words (erased_at);

grant select, insert, update, delete on item_words, vocabulary, index_state, erased_words to zegel_app;
