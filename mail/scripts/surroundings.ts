import { findAddressee } from '#accounts'
import { normalizeAddress } from '#formats/message'
import { findFolderByRole, isKnownRecord } from '#items'
import { findMailboxByPath, MAIL, roleOfSpecialUse } from '#mail'
import { CORRESPONDENT } from '#mail/correspondents'
import type { FileInto, Situation } from '#mail/filing'
import { JUNK, weigh, type Finding } from '#mail/findings'
import type { OpenAccount, Storage } from '#storage'

/** The contacts of RFC 6134 §2.4: whom the account has written to. */
export const CONTACTS = 'urn:ietf:params:sieve:addrbook:default'

/** What a script can ask of its owner's account, whatever letter it looks at. Needs no more than zegel_receiver may. */
export const surroundingsOf = (
  storage: Storage,
  account: OpenAccount,
): Pick<
  Situation,
  'ownAddress' | 'mailboxExists' | 'mailboxIdExists' | 'hasSpecialUse' | 'listExists' | 'isListed'
> => ({
  ownAddress: async (one) => ((await findAddressee(storage, one)) === account.id ? one : undefined),
  mailboxExists: async (name) => (await findMailboxByPath(account, name)) !== undefined,
  mailboxIdExists: async (id) => (await findMailboxById(account, id)) !== undefined,
  async hasSpecialUse(attribute, mailbox) {
    const role = roleOfSpecialUse(attribute)
    const id = role === undefined ? undefined : await findFolderByRole(account, MAIL, role)
    return id !== undefined && (mailbox === undefined || (await findMailboxByPath(account, mailbox)) === id)
  },
  listExists: (list) => Promise.resolve(list === CONTACTS),
  isListed: (_list, value) => {
    const one = normalizeAddress(value)
    return one === undefined ? Promise.resolve(false) : isKnownRecord(account, CORRESPONDENT, [one])
  },
})

/** Where a letter is filed: the id goes before the use, and the use before the name (RFC 9042 §4, RFC 8579 §4). Undefined where there is none. */
export async function mailboxFor(
  account: OpenAccount,
  { mailbox, mailboxId, specialUse }: Pick<FileInto, 'mailbox' | 'mailboxId' | 'specialUse'>,
): Promise<number | undefined> {
  const role = specialUse === undefined ? undefined : roleOfSpecialUse(specialUse)
  return (
    (mailboxId === undefined ? undefined : await findMailboxById(account, mailboxId)) ??
    (role === undefined ? undefined : await findFolderByRole(account, MAIL, role)) ??
    findMailboxByPath(account, mailbox)
  )
}

/** Ids as JMAP (RFC 8621 §2) and IMAP (RFC 8474 §4) give them. */
const MAILBOX_ID = /^F([0-9a-z]{1,11})$/

async function findMailboxById(account: OpenAccount, mailboxId: string): Promise<number | undefined> {
  const [, digits] = MAILBOX_ID.exec(mailboxId) ?? []
  if (digits === undefined) return undefined
  const { rows } = await account.sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${account.id} and kind = ${MAIL} and folder_id = ${Number.parseInt(digits, 36)}`
  return rows[0]?.folder_id
}

/** Half of the way is where a letter is junk (RFC 5235 §2). */
export const spamPercentOf = (findings: readonly Finding[]): number =>
  Math.round(Math.min(100, Math.max(0, (50 * weigh(findings)) / JUNK)))
