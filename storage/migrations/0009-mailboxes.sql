-- What mail programs ask about a mailbox, answered without looking at each message in it.

-- Given to a folder when it is made, and to no other of the account, however soon one follows another (IMAP UIDVALIDITY).
alter table account add column uid_validity bigint not null default 0;

-- Unread (folder.unread) leaves drafts out, which IMAP's UNSEEN counts: those that are both are few, and stand here.
create index item_unseen_draft on item (account_id, kind, item_id) where flags & 9 = 8 and deleted_at is null;

-- With the size in it, so that what an account or a folder takes is added up without reading the wide rows.
drop index item_by_time;
create index item_by_time on item (account_id, kind, received_at, item_id) include (size) where deleted_at is null;
