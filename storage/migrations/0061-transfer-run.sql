-- Who runs an import: one that was stopped, or has lost its lease, must write nothing into what another has begun since.
alter table transfer add column run int not null default 0;
