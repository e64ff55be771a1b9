import { parseDomain } from '#formats/message'
import { InvalidReport } from './invalid.ts'

/** RFC 8460 §4.4. */
export const TLS_POLICY_TYPES = ['tlsa', 'sts', 'no-policy-found'] as const
export type TlsPolicyType = (typeof TLS_POLICY_TYPES)[number]

/** RFC 8460 §4.3. */
export const TLS_RESULT_TYPES = [
  'starttls-not-supported',
  'certificate-host-mismatch',
  'certificate-expired',
  'certificate-not-trusted',
  'validation-failure',
  'tlsa-invalid',
  'dnssec-invalid',
  'dane-required',
  'sts-policy-fetch-error',
  'sts-policy-invalid',
  'sts-webpki-invalid',
] as const

export interface TlsFailure {
  /** One of TLS_RESULT_TYPES; another word of a reporter's stands for `validation-failure`. */
  type: (typeof TLS_RESULT_TYPES)[number]
  /** The mail exchanger that was spoken to, where it is known. */
  mxHost?: string | undefined
  count: number
}

/** What was found of one policy. */
export interface TlsPolicy {
  type: TlsPolicyType
  domain: string
  /** As it was published. */
  strings: string[]
  mxHosts: string[]
  successes: number
  failures: number
  details: TlsFailure[]
}

export interface TlsReport {
  organisation: string
  /** How to reach whoever sends it. */
  contact: string
  reportId: string
  begin: Date
  end: Date
  policies: TlsPolicy[]
}

const MOST_BYTES = 8 * 1024 * 1024
const MOST_DEPTH = 12
const MOST_POLICIES = 500
/** Of one policy. */
const MOST_DETAILS = 5000
const MOST_STRINGS = 50
const MOST_COUNT = 1_000_000_000_000
const LONGEST = 255

/** @throws InvalidReport 'malformed', 'incomplete', 'tooLarge' */
export function readTlsReport(bytes: Buffer): TlsReport {
  if (bytes.length > MOST_BYTES) throw new InvalidReport('tooLarge')
  const root = objectOf(parseBounded(bytes))
  const range = objectOf(root['date-range'])
  const [begin, end] = [timeOf(range['start-datetime']), timeOf(range['end-datetime'])]
  const reportId = lineOf(root['report-id'])
  const listed = listOf(root['policies'])
  if (begin === undefined || end === undefined || reportId === '' || listed.length === 0)
    throw new InvalidReport('incomplete')
  if (listed.length > MOST_POLICIES) throw new InvalidReport('tooLarge')
  const policies = listed.map(policyOf).filter((policy) => policy !== undefined)
  if (policies.length === 0) throw new InvalidReport('incomplete')
  return {
    organisation: lineOf(root['organization-name']),
    contact: lineOf(root['contact-info']),
    reportId,
    begin,
    end,
    policies,
  }
}

function policyOf(given: unknown): TlsPolicy | undefined {
  const entry = objectOf(given)
  const policy = objectOf(entry['policy'])
  const summary = objectOf(entry['summary'])
  const type = lineOf(policy['policy-type']) as TlsPolicyType
  const domain = parseDomain(lineOf(policy['policy-domain']))?.toLowerCase()
  const successes = countOf(summary['total-successful-session-count'])
  const failures = countOf(summary['total-failure-session-count'])
  if (!TLS_POLICY_TYPES.includes(type) || domain === undefined || successes === undefined || failures === undefined)
    return undefined
  return {
    type,
    domain,
    strings: listOf(policy['policy-string']).slice(0, MOST_STRINGS).map(lineOf),
    mxHosts: listOf(policy['mx-host']).slice(0, MOST_STRINGS).map(lineOf),
    successes,
    failures,
    details: listOf(entry['failure-details']).slice(0, MOST_DETAILS).flatMap(failureOf),
  }
}

function failureOf(given: unknown): TlsFailure[] {
  const detail = objectOf(given)
  const type = lineOf(detail['result-type']) as TlsFailure['type']
  const count = countOf(detail['failed-session-count'])
  const mxHost = lineOf(detail['receiving-mx-hostname']).toLowerCase()
  if (count === undefined || count === 0) return []
  return [
    {
      type: TLS_RESULT_TYPES.includes(type) ? type : 'validation-failure',
      ...(mxHost === '' ? {} : { mxHost }),
      count,
    },
  ]
}

/** JSON that is nested no deeper than a report is, whatever a parser would bear. */
function parseBounded(bytes: Buffer): unknown {
  if (depthOf(bytes) > MOST_DEPTH) throw new InvalidReport('malformed')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      throw new InvalidReport('malformed', { cause: error })
    throw error
  }
}

const [QUOTE, BACKSLASH, OPENING, CLOSING] = [0x22, 0x5c, [0x5b, 0x7b], [0x5d, 0x7d]] as const

/** How deep brackets lie within one another; those within strings do not count. */
function depthOf(bytes: Buffer): number {
  let depth = 0
  let deepest = 0
  let isString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte === QUOTE) isString = !isString
    else if (isString) at += byte === BACKSLASH ? 1 : 0
    else if (OPENING.includes(byte as never)) deepest = Math.max(deepest, ++depth)
    else if (CLOSING.includes(byte as never)) depth--
  }
  return deepest
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** Some reporters write a single value where a list is wanted. */
const listOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

const lineOf = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/\s+/g, ' ').trim().slice(0, LONGEST).toWellFormed() : ''

const countOf = (value: unknown): number | undefined => {
  const count = typeof value === 'string' && /^\d{1,13}$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= MOST_COUNT ? count : undefined
}

/** RFC 3339, as RFC 8460 §4.4 wants it. */
function timeOf(value: unknown): Date | undefined {
  const text = lineOf(value)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/i.test(text)) return undefined
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}

const second = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z')

/** Writes a report about TLS: RFC 8460 §4.4. No address stands in it. */
export const writeTlsReport = ({ organisation, contact, reportId, begin, end, policies }: TlsReport): string =>
  JSON.stringify({
    'organization-name': organisation,
    'date-range': { 'start-datetime': second(begin), 'end-datetime': second(end) },
    'contact-info': contact,
    'report-id': reportId,
    policies: policies.map(({ type, domain, strings, mxHosts, successes, failures, details }) => ({
      policy: {
        'policy-type': type,
        ...(strings.length === 0 ? {} : { 'policy-string': strings }),
        'policy-domain': domain,
        ...(mxHosts.length === 0 ? {} : { 'mx-host': mxHosts }),
      },
      summary: { 'total-successful-session-count': successes, 'total-failure-session-count': failures },
      ...(details.length === 0
        ? {}
        : {
            'failure-details': details.map(({ type: result, mxHost, count }) => ({
              'result-type': result,
              ...(mxHost === undefined ? {} : { 'receiving-mx-hostname': mxHost }),
              'failed-session-count': count,
            })),
          }),
    })),
  })
