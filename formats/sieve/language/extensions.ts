/** Every extension that is known, by the name that `require` and ManageSieve have for it (RFC 5804 §1.7). */
export const extensions: ReadonlySet<string> = new Set([
  'body',
  'comparator-i;ascii-numeric',
  'copy',
  'date',
  'duplicate',
  'editheader',
  'encoded-character',
  'enotify',
  'envelope',
  'environment',
  'ereject',
  'extlists',
  'fileinto',
  'ihave',
  'imap4flags',
  'include',
  'index',
  'mailbox',
  'mailboxid',
  'regex',
  'reject',
  'relational',
  'spamtest',
  'spamtestplus',
  'special-use',
  'subaddress',
  'vacation',
  'vacation-seconds',
  'variables',
  'virustest',
])

/** What everybody has, and nobody announces (RFC 5228 §2.7.3). */
export const alwaysThere: ReadonlySet<string> = new Set(['comparator-i;octet', 'comparator-i;ascii-casemap'])

/** What an extension brings with it: RFC 6131 §2, RFC 5235 §2. */
export const implied: Readonly<Record<string, string>> = { 'vacation-seconds': 'vacation', spamtestplus: 'spamtest' }

/** Extensions that change how a script is read, and so cannot come in its middle (RFC 5463 §4). */
export const onlyRequired: ReadonlySet<string> = new Set(['encoded-character', 'variables'])
