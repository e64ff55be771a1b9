import { accountLetter, addressesOf, readSettings, type Device } from '#accounts'
import { accountsWithLarge, largeDeletions, noteTold, type LargeDeletion } from '#items'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { OpenAccount, Storage } from '#storage'
import { nowMs, type Config } from '#system'

const DAY_MS = 86_400_000

/** Writes to owners whose account has lost much within an hour: a letter into their own inbox, once a day at most. */
export async function tellOfDeletions(
  storage: Storage,
  config: Pick<Config, 'hostname' | 'retention'>,
): Promise<{ told: number }> {
  let told = 0
  for (const id of await accountsWithLarge(storage)) {
    const account = await storage.openAccount(id)
    for (const large of await largeDeletions(account)) told += (await tell(storage, config, account, large)) ? 1 : 0
  }
  if (told > 0) wakeQueue(storage)
  return { told }
}

async function tell(
  storage: Storage,
  { hostname, retention }: Pick<Config, 'hostname' | 'retention'>,
  account: OpenAccount,
  { ids, count, at, device }: LargeDeletion,
): Promise<boolean> {
  const [[address], { language, timeZone }] = await Promise.all([
    addressesOf(storage, account.id),
    readSettings(account),
  ])
  if (address === undefined) return false
  const say = (time: Date, options: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { ...options, timeZone }).format(time)
  const values = {
    host: hostname,
    address,
    count,
    when: say(at, { dateStyle: 'long', timeStyle: 'short' }),
    until: say(new Date(at.getTime() + retention.deletedDays * DAY_MS), { dateStyle: 'long' }),
    device: deviceOf(device as Device | undefined),
    link: `https://${hostname}/app/#/deleted`,
  }
  const letter = await prepareOwnLetter(storage, {
    to: address,
    language,
    ...accountLetter({ kind: 'muchDeleted', language, values }),
  })
  return storage.database.transaction(async (sql) => {
    const noted = await noteTold(sql, account.id, ids, new Date(nowMs() - DAY_MS))
    if (noted === 'told') await enqueue(sql, letter)
    return noted === 'told'
  })
}

const PROTOCOLS = { jmap: 'JMAP', imap: 'IMAP', pop3: 'POP3', managesieve: 'ManageSieve' } as const

/** As a name that stands by itself, in any language: "Firefox 145.0", "Telefon (IMAP)", "IMAP". */
function deviceOf(device: Device | undefined): string {
  if (device === undefined) return 'Zegel'
  const protocol = PROTOCOLS[device.protocol]
  if (device.name === null) return protocol
  return device.by === 'browser' ? device.name : `${device.name} (${protocol})`
}
