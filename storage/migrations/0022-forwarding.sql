-- Mail for a closed account is refused, or forwarded for a time to its owner's address outside.
alter table closure add column forward_until timestamptz check (forward_until <= reopen_until); -- null: it is refused
-- The receiver has to know whom to refuse. Where the mail goes it does not learn: that is the queue's part.
grant select (account_id, forward_until) on closure to zegel_receiver;
