import {
  accountLetter,
  addressesOf,
  findRecovery,
  isLocalDomain,
  lookAtClaims,
  lookAtOwnClaim,
  lookAtProofs,
  lookNow,
  readSettings,
  type AccountLetter,
  type ClaimSeen,
  type DomainOf,
} from '#accounts'
import { removeListsIn } from '#mail/lists'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import { openDns, Refusal, type Config } from '#system'

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
  const released: DomainOf[] = []
  const proofs = await lookAtProofs(
    storage,
    dns,
    { host, lostDays: domains.lostDays },
    {
      lost: (whose, until) => letterAbout(storage, host, whose, 'domainLost', until),
      released: async (whose) => {
        released.push(whose)
        return letterAbout(storage, host, whose, 'domainReleased')
      },
    },
  )
  // Of one that was proven again in the same moment, nothing is taken.
  for (const { accountId, domain } of released)
    if (!(await isLocalDomain(storage, domain))) await endLists(storage, accountId, domain)
  if (claims.proven + proofs.warned + proofs.released > 0) wakeQueue(storage)
  return { claims: claims.asked, proven: claims.proven, ...proofs }
}

/** Their addresses went with the domain. */
async function endLists(storage: Storage, accountId: number, domain: string): Promise<void> {
  try {
    await removeListsIn(await storage.openAccount(accountId), domain)
  } catch (error) {
    // Of a closed account nothing is changed: what is left is erased with it.
    if (!(error instanceof Refusal) || error.reason !== 'notFound') throw error
  }
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
