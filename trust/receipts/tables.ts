/** What something of an account is called on its receipt. */
export type Category =
  | 'messages'
  | 'contents'
  | 'folders'
  | 'searchIndex'
  | 'records'
  | 'stories'
  | 'learning'
  | 'sending'
  | 'signIn'
  | 'addresses'
  | 'account'

export interface AccountTable {
  table: string
  category: Category
  /** Its rows are what the receipt counts; else they only belong to something that is. */
  isCounted?: boolean
}

/**
 * Every table with rows of accounts, in the order in which they are erased: what refers to something goes before it. A test
 * compares the list with the catalog, so that none is forgotten.
 */
export const ACCOUNT_TABLES: readonly AccountTable[] = [
  { table: 'placement', category: 'messages' },
  { table: 'folder_thread', category: 'messages' },
  { table: 'item_words', category: 'searchIndex', isCounted: true },
  { table: 'erased_words', category: 'searchIndex', isCounted: true },
  { table: 'vocabulary', category: 'searchIndex' },
  { table: 'index_state', category: 'searchIndex' },
  { table: 'item_summary', category: 'messages' },
  { table: 'item_change', category: 'messages' },
  { table: 'thread_key', category: 'messages' },
  { table: 'vanished', category: 'messages' },
  { table: 'deletion', category: 'messages' },
  { table: 'removed_folder', category: 'folders' },
  { table: 'item', category: 'messages', isCounted: true },
  { table: 'folder', category: 'folders', isCounted: true },
  { table: 'keyword', category: 'folders' },
  { table: 'kind_state', category: 'folders' },
  { table: 'spam_lesson', category: 'learning', isCounted: true },
  { table: 'spam_training', category: 'learning' },
  { table: 'upload', category: 'contents' },
  { table: 'transfer_part', category: 'contents' },
  { table: 'transfer', category: 'records', isCounted: true },
  { table: 'collected_letter', category: 'records', isCounted: true },
  { table: 'collection', category: 'records', isCounted: true },
  { table: 'story', category: 'stories', isCounted: true },
  { table: 'held_letter', category: 'messages', isCounted: true },
  { table: 'blob', category: 'contents', isCounted: true },
  { table: 'record', category: 'records', isCounted: true },
  { table: 'sending', category: 'sending', isCounted: true },
  { table: 'sent_from', category: 'sending', isCounted: true },
  { table: 'feedback_report', category: 'sending', isCounted: true },
  { table: 'queue_letter', category: 'sending', isCounted: true },
  { table: 'session', category: 'signIn', isCounted: true },
  { table: 'app_password', category: 'signIn', isCounted: true },
  { table: 'totp', category: 'signIn', isCounted: true },
  { table: 'passkey', category: 'signIn', isCounted: true },
  { table: 'recovery_code', category: 'signIn', isCounted: true },
  { table: 'password', category: 'signIn', isCounted: true },
  { table: 'policy_notice', category: 'account' },
  { table: 'domain_claim', category: 'addresses' },
  { table: 'consent', category: 'account', isCounted: true },
  { table: 'recovery', category: 'addresses', isCounted: true },
  { table: 'list_address', category: 'addresses' },
  { table: 'address', category: 'addresses', isCounted: true },
  { table: 'access_entry', category: 'account', isCounted: true },
  { table: 'ticket_text', category: 'account' },
  { table: 'ticket', category: 'account', isCounted: true },
  { table: 'recovery_wait', category: 'signIn' },
  { table: 'legal_subject', category: 'account' },
  { table: 'suspension', category: 'account' },
  { table: 'closure', category: 'account' },
  { table: 'account', category: 'account', isCounted: true },
]

/** Tables with a column account_id that is empty when the account has gone. */
export const KEPT_TABLES: readonly string[] = ['receipt']
