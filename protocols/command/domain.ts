import {
  createDomain,
  DKIM_GONE_DAYS,
  dkimStanding,
  keepDkimKeys,
  listDomains,
  lookAtRecords,
  type SeenRecord,
} from '#accounts'
import { openDns, type Config } from '#system'
import type { Storage } from '#storage'
import { EXIT, type Command } from './command.ts'

/** For each of two tries of a name server: somebody waits for it. */
const WAIT_MS = 1500

export const domainCommands: Command[] = [
  {
    name: 'domain add',
    usage: 'DOMAIN [--zone]',
    summary: 'Takes mail for a domain from now on, and prints the records that it needs in the DNS.',
    arguments: [1, 1],
    options: { zone: { type: 'boolean' } },
    async run({ positionals, options, print, withStorage }) {
      const domain = positionals[0] as string
      const records = await withStorage(async (storage, config) => {
        await createDomain(storage, domain)
        return showRecords(storage, config, domain)
      })
      print({ domain, records: records.map(shown) }, () =>
        [`Mail for ${domain} is taken.`, '', asText(records, options['zone'] === true)].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'domain list',
    usage: '',
    summary: 'Lists the domains, and how it stands with the signatures of their letters.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const domains = await withStorage(async (storage) => {
        const [all, standing] = [await listDomains(storage), await dkimStanding(storage.database, DKIM_GONE_DAYS)]
        return all.map((one) => {
          const trouble = TROUBLES.find((name) => standing[name].includes(one.domain))
          return { ...one, dkim: trouble ?? ('fine' as const) }
        })
      })
      print(domains, () => domains.map(({ domain, dkim }) => `${domain}${DKIM[dkim]}`).join('\n'))
      return EXIT.ok
    },
  },
  {
    name: 'domain show',
    usage: 'DOMAIN [--zone]',
    summary:
      'Asks the DNS for the records that a domain needs, and says of each whether it is right, wrong or missing; --zone prints what is wanted as lines of a zone file. Exits with 1 when one is not right.',
    arguments: [1, 1],
    options: { zone: { type: 'boolean' } },
    async run({ positionals, options, print, withStorage }) {
      const domain = positionals[0] as string
      const records = await withStorage((storage, config) => showRecords(storage, config, domain))
      print({ domain, records: records.map(shown) }, () => asText(records, options['zone'] === true))
      return records.every(({ record, standing }) => record.need !== 'needed' || standing === 'right')
        ? EXIT.ok
        : EXIT.refused
    },
  },
  {
    name: 'domain rotate',
    usage: 'DOMAIN',
    summary: 'Makes new keys for signatures now rather than when their time comes; they sign once the DNS has them.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const domain = positionals[0] as string
      const records = await withStorage((storage, config) => showRecords(storage, config, domain, 0))
      print({ domain, records: records.map(shown) }, () => asText(records, false))
      return EXIT.ok
    },
  },
]

/** The worse before the better. */
const TROUBLES = ['astray', 'unsigned', 'partly', 'waiting'] as const

const DKIM: Record<(typeof TROUBLES)[number] | 'fine', string> = {
  fine: '',
  astray: '  DKIM: a record has gone from the DNS, or was changed',
  unsigned: '  DKIM: letters leave unsigned',
  partly: '  DKIM: one signature of two',
  waiting: '  DKIM: new keys wait for their records',
}

/** What is found right has its effect at once, rather than when the server looks next. */
async function showRecords(
  storage: Storage,
  config: Config,
  domain: string,
  rotateDays = config.dkim.rotateDays,
): Promise<SeenRecord[]> {
  const dns = openDns(config, WAIT_MS)
  await keepDkimKeys(storage, { dkim: { rotateDays } }, dns, domain)
  return lookAtRecords(storage, dns, domain)
}

const shown = ({ record: { kind, name, type, value, need }, standing, found }: SeenRecord): object => ({
  kind,
  name,
  type,
  value,
  need,
  standing,
  found,
})

function asText(records: readonly SeenRecord[], isZone: boolean): string {
  if (isZone)
    return records
      .filter(({ record }) => record.need !== 'removable')
      .map(zoneLine)
      .join('\n')
  return records.map(recordLines).join('\n\n')
}

const STANDINGS: Record<SeenRecord['standing'], string> = {
  right: 'right',
  wrong: 'wrong',
  missing: 'missing',
  silent: 'not known: no name server answered',
}

const NEEDS: Record<SeenRecord['record']['need'], string> = {
  needed: '',
  kept: ', for letters that are still under way',
  removable: ', no longer needed: remove it',
}

function recordLines({ record, standing, found }: SeenRecord): string {
  const { kind, name, type, value, need } = record
  return [
    `${kind.toUpperCase()}: ${STANDINGS[standing]}${NEEDS[need]}`,
    `  ${name}. ${type}`,
    `  ${value}`,
    ...(standing === 'wrong' ? found.map((text) => `  there is: ${printable(text)}`) : []),
  ].join('\n')
}

/** Whoever runs the zone may be anybody: nothing of it may move the cursor. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

/** A string of a zone file has 255 bytes at most (RFC 1035 §3.3). */
const zoneLine = ({ record: { name, type, value } }: SeenRecord): string =>
  `${name}. 3600 IN ${type} ${(value.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ')}`
