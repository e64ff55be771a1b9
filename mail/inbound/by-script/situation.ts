import { parseAddress, type Message } from '#formats/message'
import { isNoted } from '#items'
import type { Situation } from '#mail/filing'
import { SEEN, spamPercentOf, surroundingsOf, type ActiveScript } from '#mail/scripts'
import type { OpenAccount, Storage } from '#storage'
import { now } from '#system'
import type { Scripted } from './deciding.ts'

/** RFC 5235 §3: looked at, and no virus: with one it would have been refused. */
const CLEAN = 1

/** What the script of a recipient can know of a letter. Needs no more than zegel_receiver may. */
export function situationOf(
  storage: Storage,
  account: OpenAccount,
  { zone, named }: ActiveScript,
  { arrival, address, findings }: Scripted,
  message: Message,
): Situation {
  return {
    ...surroundingsOf(storage, account),
    message,
    envelope: { from: arrival.mailFrom, to: address },
    now: now(),
    zone,
    spamPercent: arrival.findings === undefined ? undefined : spamPercentOf(findings),
    virus: arrival.findings === undefined ? 0 : CLEAN,
    environment: {
      name: 'Zegel',
      location: 'MDA',
      phase: 'during',
      domain: parseAddress(address)?.domain ?? '',
      ...(arrival.smtp === undefined ? {} : { 'remote-host': arrival.smtp.server, 'remote-ip': arrival.smtp.address }),
    },
    include: (location, name) => Promise.resolve(location === 'personal' ? named(name) : undefined),
    wasSeen: (id) => isNoted(account, SEEN, id),
  }
}
