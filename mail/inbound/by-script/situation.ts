import { findAddressee } from '#accounts'
import { parseAddress, type Message } from '#formats/message'
import { findFolderByRole, isKnownRecord, isNoted } from '#items'
import { findMailboxByPath, MAIL, roleOfSpecialUse } from '#mail'
import { CORRESPONDENT } from '#mail/correspondents'
import type { Situation } from '#mail/filing'
import { JUNK, weigh, type Finding } from '#mail/findings'
import { SEEN, type ActiveScript } from '#mail/scripts'
import type { OpenAccount, Storage } from '#storage'
import { now } from '#system'
import type { Scripted } from './deciding.ts'
import { findMailboxById } from './place.ts'

/** The contacts of RFC 6134 §2.4: whom the account has written to. */
const CONTACTS = 'urn:ietf:params:sieve:addrbook:default'

/** What the script of a recipient can know of a letter. Needs no more than zegel_receiver may. */
export function situationOf(
  storage: Storage,
  account: OpenAccount,
  { zone, named }: ActiveScript,
  { arrival, address, findings }: Scripted,
  message: Message,
): Situation {
  return {
    message,
    envelope: { from: arrival.mailFrom, to: address },
    now: now(),
    zone,
    spamPercent: arrival.findings === undefined ? undefined : percentOf(findings),
    virus: arrival.findings === undefined ? 0 : CLEAN,
    environment: {
      name: 'Zegel',
      location: 'MDA',
      phase: 'during',
      domain: parseAddress(address)?.domain ?? '',
      ...(arrival.smtp === undefined ? {} : { 'remote-host': arrival.smtp.server, 'remote-ip': arrival.smtp.address }),
    },
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
      const one = parseAddress(value)?.address.toLowerCase()
      return one === undefined ? Promise.resolve(false) : isKnownRecord(account, CORRESPONDENT, [one])
    },
    include: (location, name) => Promise.resolve(location === 'personal' ? named(name) : undefined),
    wasSeen: (id) => isNoted(account, SEEN, id),
  }
}

/** RFC 5235 §3: looked at, and no virus: with one it would have been refused. */
const CLEAN = 1

/** Half of the way to junk is fifty in the hundred. */
const percentOf = (findings: readonly Finding[]): number =>
  Math.round(Math.min(100, Math.max(0, (100 * weigh(findings)) / (2 * JUNK))))
