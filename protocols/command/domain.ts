import {
  createDomain,
  DKIM_GONE_DAYS,
  dkimStanding,
  keepDkimKeys,
  listDomains,
  lookAtRecords,
  shownRecord,
  zoneLines,
  type RecordKind,
  type RecordNote,
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
      print({ domain, records: records.map(shownRecord) }, () =>
        [`Mail for ${domain} is taken.`, '', asText(domain, records, options['zone'] === true)].join('\n'),
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
      'Asks the DNS for the records that a domain needs, and says of each whether it is right, wrong or missing; --zone prints what is wanted as lines of a zone file. Exits with 1 when one that is needed is not right, or one is wrong.',
    arguments: [1, 1],
    options: { zone: { type: 'boolean' } },
    async run({ positionals, options, print, withStorage }) {
      const domain = positionals[0] as string
      const records = await withStorage((storage, config) => showRecords(storage, config, domain))
      print({ domain, records: records.map(shownRecord) }, () => asText(domain, records, options['zone'] === true))
      return records.every(
        ({ record: { need }, standing }) =>
          standing === 'right' || need === 'removable' || (need !== 'needed' && standing !== 'wrong'),
      )
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
      print({ domain, records: records.map(shownRecord) }, () => asText(domain, records, false))
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
export async function showRecords(
  storage: Storage,
  config: Config,
  domain: string,
  rotateDays = config.dkim.rotateDays,
): Promise<SeenRecord[]> {
  const dns = openDns(config, WAIT_MS)
  await keepDkimKeys(storage, { dkim: { rotateDays } }, dns, domain)
  return lookAtRecords(storage, config, dns, domain)
}

export function asText(domain: string, records: readonly SeenRecord[], isZone: boolean): string {
  if (isZone) return zoneLines(records.map(({ record }) => record)).join('\n')
  const counted = (standing: SeenRecord['standing']): number =>
    records.filter((one) => one.standing === standing).length
  const counts = (Object.keys(STANDINGS) as SeenRecord['standing'][])
    .filter((standing) => counted(standing) > 0)
    .map((standing) => `${counted(standing)} ${STANDINGS[standing]}`)
  const toDo = records.filter(isToDo).toSorted((a, b) => ORDER[a.record.need] - ORDER[b.record.need])
  const advice = records.filter((one) => !isToDo(one) && one.note !== undefined)
  return [
    `${domain}: ${counts.join(', ')}`,
    table(records),
    ...toDo.map(recordLines),
    ...advice.map(({ record: { kind }, note }) => `${KINDS[kind]}: ${NOTES[note as RecordNote]}`),
    nextStep(toDo, counted('silent')),
  ].join('\n\n')
}

const isToDo = ({ record: { need }, standing }: SeenRecord): boolean =>
  need === 'removable' ? standing !== 'missing' && standing !== 'silent' : standing !== 'right' && standing !== 'silent'

const ORDER: Record<SeenRecord['record']['need'], number> = { needed: 0, kept: 1, useful: 2, removable: 3 }

function table(records: readonly SeenRecord[]): string {
  const rows = records.map(({ record: { kind, name, type, need }, standing }) => [
    STANDINGS[standing],
    KINDS[kind],
    `${name}. ${type}`,
    NEEDS[need],
  ])
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => (row[at] as string).length)))
  return rows.map((row) => `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd()).join('\n')
}

function nextStep(toDo: readonly SeenRecord[], unknown: number): string {
  if (toDo.some(({ record }) => record.whose === 'operator'))
    return 'Next: give the server its own records where its name and its addresses are kept (reverse DNS: at the provider of the machine), then ask again.'
  if (toDo.some(({ record }) => record.need === 'needed'))
    return 'Next: put these records into the zone of the domain (--zone prints them all as lines for it), and ask again; it may take an hour until they are seen.'
  if (unknown > 0) return 'No name server told about the rest. Ask again, or see to dns.servers.'
  return toDo.length > 0 ? 'Nothing is needed; what is left makes some things better.' : 'Nothing is left to do.'
}

const STANDINGS: Record<SeenRecord['standing'], string> = {
  right: 'right',
  wrong: 'wrong',
  missing: 'missing',
  silent: 'not known',
}

const KINDS: Record<RecordKind, string> = {
  address: 'Address',
  reverse: 'Reverse DNS',
  mx: 'MX',
  spf: 'SPF',
  dkim: 'DKIM',
  dmarc: 'DMARC',
  mtaSts: 'MTA-STS',
  tlsRpt: 'TLS-RPT',
  dane: 'DANE',
  srv: 'SRV',
  autoconfig: 'Autoconfig',
  caa: 'CAA',
}

const NEEDS: Record<SeenRecord['record']['need'], string> = {
  needed: '',
  useful: 'useful',
  kept: 'for letters that are still under way',
  removable: 'no longer needed: remove it',
}

const NOTES: Record<RecordNote, string> = {
  addressUnknown: 'the public addresses of this server are not known: name them in the setting "addresses".',
  alsoElsewhere: 'there are others beside ours. Make sure that they are meant.',
  anybody: 'it lets any server of the world send for the domain.',
  broken: 'what is there does not follow its form, so that others pay no heed to it.',
  dmarcNone:
    'others only tell what they see. When the reports show none but your own letters, go on to p=quarantine, and then to p=reject.',
  inherited: 'it has none of its own; that of the domain above counts.',
  mtaStsTesting:
    'others only tell what would have failed. When their reports are clean for two weeks, set mtaSts.mode to "enforce".',
  noMail: 'it says that the domain takes no mail.',
  otherName: 'it leads here by a name that is not ours; the certificate does not have it.',
  policyOld: 'the policy that is served is another by now: put the new id there.',
  several: 'there is more than one, and then none counts. Leave one.',
  smarthost: 'letters leave by the smarthost. Whoever runs it says what has to stand there.',
  byMx: 'it is as it should be, and permits the servers of MX, which are others: put that right first',
  tooManyLookUps: 'it asks for more names than others look up (ten), and then it does not count.',
}

function recordLines({ record, standing, note, found }: SeenRecord): string {
  const { kind, name, type, value, need } = record
  return [
    `${KINDS[kind]}: ${[STANDINGS[standing], NEEDS[need]].filter(Boolean).join(', ')}`,
    ...(note === undefined ? [] : [`  ${NOTES[note]}`]),
    `  ${name}. ${type}`,
    ...(value === '' || need === 'removable' ? [] : [`  should be: ${value}`]),
    ...(standing === 'missing' ? [] : found.map((text) => `  there is: ${printable(text)}`)),
  ].join('\n')
}

/** Whoever runs the zone may be anybody: nothing of it may move the cursor. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')
