import {
  accountLetter,
  addressesOf,
  findRecovery,
  lookAtClaims,
  lookAtOwnClaim,
  lookAtProofs,
  lookNow,
  readSettings,
  type AccountLetter,
  type ClaimSeen,
  type DomainOf,
} from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import { openDns, type Config } from '#system'

type DomainSettings = Pick<Config, 'hostname' | 'dns' | 'domains'>

/** Where somebody waits for the answer: for each of two tries of a name server. */
const WAIT_MS = 1500

/** Looks at what was claimed and at what is proven, each when its turn comes, and tells the owners. A job. */
export async function keepOwnDomains(
  storage: Storage,
  config: DomainSettings,
  dns = openDns(config),
): Promise<Record<string, number>> {
  const { hostname: host, domains } = config
  const claims = await lookAtClaims(storage, dns, (whose) => letterAbout(storage, host, whose, 'domainProven'))
  const proofs = await lookAtProofs(
    storage,
    dns,
    { host, lostDays: domains.lostDays },
    {
      lost: (whose, until) => letterAbout(storage, host, whose, 'domainLost', until),
      released: (whose) => letterAbout(storage, host, whose, 'domainReleased'),
    },
  )
  if (claims.proven + proofs.warned + proofs.released > 0) wakeQueue(storage)
  return { claims: claims.asked, proven: claims.proven, ...proofs }
}

/** Looks now, because its owner asks: at the claim, or at the records of what is proven. @returns undefined where there is none such */
export async function lookAtOwnDomain(
  storage: Storage,
  config: Config,
  { accountId, domain, isProven }: DomainOf & { isProven: boolean },
): Promise<ClaimSeen | 'proven' | undefined> {
  if (!isProven) {
    const seen = await lookAtOwnClaim(storage, openDns(config, WAIT_MS), { accountId, domain }, (whose) =>
      letterAbout(storage, config.hostname, whose, 'domainProven'),
    )
    if (seen === 'proven') wakeQueue(storage)
    if (seen !== 'proven') return seen
  }
  await lookNow(storage, config, domain)
  return 'proven'
}

/** To the account itself, and to its address outside when it is about an end. */
async function letterAbout(
  storage: Storage,
  host: string,
  { accountId, domain }: DomainOf,
  kind: Extract<AccountLetter['kind'], `domain${string}`>,
  until?: Date,
): Promise<(sql: Sql) => Promise<void>> {
  const account = await storage.openAccount(accountId)
  const [{ language, timeZone }, [address], recovery] = await Promise.all([
    readSettings(account),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
  ])
  const values = {
    host,
    domain,
    ...(until === undefined
      ? {}
      : {
          until: new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
            dateStyle: 'long',
            timeZone,
          }).format(until),
        }),
  }
  const words = accountLetter({ kind, language, values })
  const whom = [address, kind === 'domainProven' ? undefined : recovery?.address].filter((one) => one !== undefined)
  const letters = await Promise.all(whom.map((to) => prepareOwnLetter(storage, { to, language, ...words })))
  return async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  }
}
