export type StsMode = 'enforce' | 'testing' | 'none'

export interface StsPolicy {
  mode: StsMode
  /** Seconds, a year at most. */
  maxAge: number
  /** Names of hosts in lower case; `*.example.org` stands for one label more. */
  hosts: string[]
  /** Its lines as they came, for reports (RFC 8460 §4.2). */
  lines: string[]
}

/** Bytes of a policy file (RFC 8461 §3.3 suggests 64 kilobytes). */
export const LONGEST_POLICY = 65_536

/** RFC 8461 §3.2: 31557600, a year. */
const LONGEST_AGE = 31_557_600

const MOST_HOSTS = 100
const MOST_LINES = 1000
const LONGEST_LINE = 1000

const MODES: ReadonlySet<string> = new Set(['enforce', 'testing', 'none'])

/** Names in A-labels; RFC 8461 §4.1: "*" stands as the whole of the first label only. */
const HOST = /^(?:\*\.)?(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/

/** RFC 8461 §3.2: a field is a key, a colon and a value; unknown ones are passed over. */
const FIELD = /^([A-Za-z0-9][\w.-]{0,31})[ \t]*:[ \t]*([^\x00-\x1f\x7f]*?)[ \t]*$/

/**
 * Reads the policy file of a domain (RFC 8461 §3.2).
 * @returns undefined when it is none
 */
export function parseStsPolicy(text: string): StsPolicy | undefined {
  if (text.length > LONGEST_POLICY) return undefined
  const lines = text.split(/\r?\n/).filter((line) => !/^[ \t]*$/.test(line))
  if (lines.length > MOST_LINES) return undefined
  const fields = new Map<string, string>()
  const hosts: string[] = []
  for (const line of lines) {
    const [, key, value = ''] = (line.length <= LONGEST_LINE && FIELD.exec(line)) || []
    if (key === undefined) return undefined
    if (key === 'mx') hosts.push(value.toLowerCase().replace(/\.$/, ''))
    // Of a field that comes twice the first counts.
    else if (!fields.has(key)) fields.set(key, value)
  }
  const mode = fields.get('mode') ?? ''
  const age = fields.get('max_age') ?? ''
  const isWhole =
    fields.get('version') === 'STSv1' &&
    MODES.has(mode) &&
    /^\d{1,10}$/.test(age) &&
    hosts.length <= MOST_HOSTS &&
    (hosts.length > 0 || mode === 'none') &&
    hosts.every((host) => host.length <= 255 && HOST.test(host))
  if (!isWhole) return undefined
  return {
    mode: mode as StsMode,
    maxAge: Math.min(Number(age), LONGEST_AGE),
    hosts,
    lines: lines.map((line) => line.trim()),
  }
}

/** RFC 8461 §3.1: `v=STSv1; id=20160831085700Z;`, and fields that nobody knows yet. */
const RECORD = /^v=STSv1[ \t]*;[ \t]*id=([A-Za-z0-9]{1,32})[ \t]*(?:;[^]*)?$/

/**
 * Which policy a domain has, by the texts at `_mta-sts` below it (RFC 8461 §3.1).
 * @returns the id of the policy; undefined when there is none, or more than one record says so
 */
export function parseStsRecords(texts: readonly string[]): string | undefined {
  const records = texts.filter((text) => /^v=STSv1[ \t]*;/.test(text))
  return records.length === 1 ? RECORD.exec((records[0] as string).slice(0, LONGEST_LINE))?.[1] : undefined
}

/** Whether a host is among those of a policy (RFC 8461 §4.1). */
export function matchesHost({ hosts }: Pick<StsPolicy, 'hosts'>, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  const parent = name.slice(name.indexOf('.'))
  return hosts.some((pattern) =>
    pattern.startsWith('*.') ? name !== parent && pattern.slice(1) === parent : pattern === name,
  )
}
