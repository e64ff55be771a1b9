-- What somebody deletes or overwrites of the small things of an account (letter templates, notes …) stands beside what is
-- deleted of items: by which device, and what it was before (promise 14).

alter table record
  add column deletion_id bigint,      -- by which somebody deleted or overwrote it; null for what the service ended by itself
  add column earlier_of bigint,       -- the record that this is an earlier state of; a state is always removed
  add column saved_at timestamptz;    -- when this state was written; null for one that is as it was created
create index record_deleted on record (account_id, removed_at, record_id) include (deletion_id) where deletion_id is not null;
create index record_earlier on record (account_id, kind, earlier_of, removed_at) where earlier_of is not null;

-- What went before this was written down: things that went in one moment are one deletion.
insert into deletion (account_id, deletion_id, at, last_at, items, folders)
select account_id, min(record_id), removed_at, removed_at, count(*), '{}' from record
where removed_at is not null and kind in ('template', 'note', 'identity', 'blockedSender', 'allowedSender', 'trustedSender')
group by account_id, removed_at;
update record r set deletion_id = d.deletion_id from deletion d
where r.account_id = d.account_id and r.removed_at = d.at
  and r.kind in ('template', 'note', 'identity', 'blockedSender', 'allowedSender', 'trustedSender')
  and d.deletion_id in (select record_id from record where account_id = d.account_id);

alter table deletion add column device_key bytea; -- keyed hash of the device: what one device did is found by it
create index deletion_by_device on deletion (account_id, device_key) where device_key is not null;
