import { fragment as f, type Fragment } from '#storage'
import type { Limits } from './limits.ts'

/** Of which account, and of a page from which id (inclusive) to which (exclusive). */
export interface Scope {
  account: number
  from: number
  to: number
  limits: Limits
}

/** Rows that are backed up anew each time: they are few, or do not follow the accounts' change numbers. */
export interface WithService {
  with: 'service'
  rows?: (limits: Limits) => Fragment
}

/** Rows that go with the rest of their account, whenever that has changed. */
export interface WithAccount {
  with: 'account'
  rows: (scope: Scope) => Fragment
  /** Read back after the items. */
  isLast?: true
}

/** Rows that go with a page of their account's items. */
export interface WithPage {
  with: 'page'
  rows: (scope: Scope) => Fragment
}

/** With what a table's rows are backed up, and which of them; or why they are not. */
export type Kept = WithService | WithAccount | WithPage | { with: 'journal' | 'contents' } | { leftOut: string }

const all = ({ account }: Scope): Fragment => f`account_id = ${account}`

/** Whether rows of a table of the schema `public` may stand in a backup. */
export const isBackedUp = (table: string): boolean => {
  const kept: Kept | undefined = (TABLES as Readonly<Record<string, Kept>>)[table]
  return kept !== undefined && !('leftOut' in kept)
}

/** An item that a backup may still take: it is there, or has enough of its days left and was not replaced by a program. */
export const isTaken = ({ deletedAfter }: Limits): Fragment =>
  f`(i.deleted_at is null or (i.deleted_at > ${deletedAfter} and not i.is_replaced))`

/** Rows of a page that belong to an item which is taken. */
const ofItem = ({ account, from, to, limits }: Scope): Fragment => f`
  account_id = ${account} and item_id >= ${from} and item_id < ${to} and exists (
    select from item i where i.account_id = t.account_id and i.item_id = t.item_id and ${isTaken(limits)})`

/**
 * How each table of the schema `public` is backed up; the schemas `keys` (which has a copy of its own) and `graphile_worker` (its
 * jobs are made anew by their schedules) are left out. Rows are read back in this order. A test compares the list with the catalogue.
 */
export const TABLES = {
  domain: { with: 'service' },
  dkim_key: { with: 'service' },
  tls_key: { with: 'service' },
  certificate: { with: 'service' },
  acme_account: { with: 'service' },
  domain_proof: { with: 'service' },
  domain_look: { leftOut: 'what the DNS says is asked anew' },
  account: { with: 'service' },
  address: { with: 'service' },
  domain_claim: { with: 'service' },
  list_address: { with: 'service' },
  password: { with: 'service' },
  app_password: { with: 'service' },
  totp: { with: 'service' },
  passkey: { with: 'service' },
  recovery_code: { with: 'service' },
  recovery: { with: 'service' },
  consent: { with: 'service' },
  closure: { with: 'service' },
  suspension: { with: 'service' },
  former_address: { with: 'service' },
  receipt: { with: 'service' },
  policy_version: { with: 'service' },
  policy_notice: { with: 'service' },
  erasure: { with: 'service' },
  sent_from: { with: 'service' },
  sending: { with: 'service', rows: ({ recordedAfter }) => f`hour > ${recordedAfter}` },
  feedback_report: { with: 'service', rows: ({ recordedAfter }) => f`at > ${recordedAfter}` },
  queue_letter: { with: 'service' },
  queue_recipient: { with: 'service' },
  sts_policy: { with: 'service' },
  tls_session: { leftOut: 'reports of the day before are sent, or are not' },
  access_chain: { with: 'service' },
  access_entry: { with: 'service' },
  access_head: { with: 'service' },
  legal_event: { with: 'service' },
  legal_detail: { with: 'service' },
  legal_file: { with: 'service' },
  legal_subject: { with: 'service' },
  staff: { with: 'service' },
  staff_totp: { with: 'service' },
  staff_passkey: { with: 'service' },
  staff_recovery_code: { with: 'service' },
  staff_agreement: { with: 'service' },
  staff_event: { with: 'service' },
  staff_invitation: { leftOut: 'it is good for a day: another is given out' },
  staff_session: { leftOut: 'staff sign in again' },
  desk_door: { leftOut: 'made anew at start' },
  desk_request: { leftOut: 'answered or given up within seconds' },
  ticket: { with: 'service', rows: ({ closedAfter }) => f`closed_at is null or closed_at > ${closedAfter}` },
  ticket_text: {
    with: 'service',
    rows: ({ closedAfter }) => f`exists (
      select from ticket k where k.account_id = t.account_id and k.number = t.number
        and (k.closed_at is null or k.closed_at > ${closedAfter}))`,
  },
  support_letter: { with: 'service' },
  domain_report: { with: 'service' },
  report_letter: { with: 'service' },
  report_sent: { with: 'service' },
  canary: { with: 'service' },

  kind_state: { with: 'account', rows: all },
  folder: { with: 'account', rows: all },
  keyword: { with: 'account', rows: all },
  record: {
    with: 'account',
    rows: ({ account, limits }) => f`
      account_id = ${account} and (removed_at is null or removed_at > ${limits.deletedAfter}) and (item_id is null or exists (
        select from item i where i.account_id = t.account_id and i.item_id = t.item_id and ${isTaken(limits)}))`,
  },
  story: {
    with: 'account',
    rows: ({ account, limits }) => f`account_id = ${account} and at > ${limits.recordedAfter}`,
  },
  held_letter: {
    with: 'account',
    rows: ({ account, limits }) => f`account_id = ${account} and held_at > ${limits.recordedAfter}`,
  },
  deletion: {
    with: 'account',
    rows: ({ account, limits }) => f`account_id = ${account} and last_at > ${limits.deletedAfter}`,
  },
  removed_folder: {
    with: 'account',
    rows: ({ account, limits }) => f`account_id = ${account} and at > ${limits.deletedAfter}`,
  },
  vanished: {
    with: 'account',
    rows: ({ account, limits }) => f`account_id = ${account} and at > ${limits.deletedAfter}`,
  },
  spam_training: { with: 'account', rows: all },

  item: {
    with: 'page',
    rows: ({ account, from, to, limits }) => f`
      account_id = ${account} and item_id >= ${from} and item_id < ${to}
        and (deleted_at is null or (deleted_at > ${limits.deletedAfter} and not is_replaced))`,
  },
  item_summary: { with: 'page', rows: ofItem },
  placement: { with: 'page', rows: ofItem },
  thread_key: {
    with: 'page',
    rows: ({ account, from, to, limits }) => f`
      account_id = ${account} and thread_id >= ${from} and thread_id < ${to} and exists (
        select from item i where i.account_id = t.account_id and i.thread_id = t.thread_id and ${isTaken(limits)})`,
  },

  // Refers to contents.
  spam_lesson: {
    with: 'account',
    isLast: true,
    rows: ({ account, limits }) => f`
      account_id = ${account} and exists (
        select from item i where i.account_id = t.account_id and i.blob_id = t.blob_id and ${isTaken(limits)})`,
  },

  blob: { with: 'contents' },
  journal: { with: 'journal' },

  folder_thread: { leftOut: 'counted anew from the items' },
  item_change: { leftOut: 'made anew: what was known to clients before is void' },
  item_words: { leftOut: 'the index is made anew' },
  erased_words: { leftOut: 'of the index' },
  index_state: { leftOut: 'of the index' },
  vocabulary: { leftOut: 'of the index' },
  upload: { leftOut: 'lives for a day, and is sent again' },
  transfer: { leftOut: 'how far an import has come: what it brought is among the items, and it is begun again' },
  transfer_part: { leftOut: 'lives until its import is over, and is sent again' },
  collection: {
    leftOut: 'one that its owner has ended since would go on, with a password that was taken back: it is set up again',
  },
  collected_letter: { leftOut: 'of a collection' },
  recovery_wait: { leftOut: 'one that was stopped since would go on' },
  session: { leftOut: 'a session that was ended since would be open again' },
  sign_in_attempt: { leftOut: 'lives for a day' },
  mailed_code: { leftOut: 'lives for an hour' },
  acme_challenge: { leftOut: 'lives for an hour' },
  spent_challenge: { leftOut: 'lives for half an hour' },
  daily_count: { leftOut: 'lives for a day' },
  dmarc_arrival: { leftOut: 'lives for a day, until it is reported' },
  greylist: { leftOut: 'who asks again is known again' },
  migration: { leftOut: 'its newest number stands in the backup' },
  database_id: { leftOut: 'each restore makes another' },
  evidence: { leftOut: 'measured anew' },
  brake: { leftOut: 'of the machine that runs' },
  backup: { leftOut: 'tells of backups themselves' },
  backup_drill: { leftOut: 'tells of backups themselves' },
  key_copy: { leftOut: 'tells of backups themselves' },
  job_run: { leftOut: 'of the machine that runs' },
  process_report: { leftOut: 'of the machine that runs' },
  check_result: { leftOut: 'looked at anew' },
  disk_sample: { leftOut: 'of the machine that runs' },
  transparency_report: { leftOut: 'computed anew from the register' },
} satisfies Readonly<Record<string, Kept>>
