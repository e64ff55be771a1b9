-- What waits for one destination, so that 100,000 letters for one that is dead are not looked through for those to others.
create index queue_recipient_by_destination on queue_recipient (destination_key, next_attempt_at) where state = 'waiting';
