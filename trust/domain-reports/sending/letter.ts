import { randomUUID } from 'node:crypto'
import { listDomains, type ReportKind } from '#accounts'
import { InvalidMessage, writeMessage } from '#formats/message'
import { prepareLetter, type PreparedLetter } from '#mail/outbound'
import { now, Refusal, type Config } from '#system'
import type { Storage } from '#storage'

/** A report that is ready to go. */
export interface Packed {
  kind: ReportKind
  /** Whose policy it is about. */
  domain: string
  reportId: string
  fileName: string
  /** Packed by gzip. */
  content: Buffer
}

/** What each kind is sent as. RFC 8460 §5.3, RFC 9990 §3.5.1. */
const FORMS = {
  tls: {
    local: 'noreply-smtp-tls-reporting',
    type: 'application/tlsrpt+gzip',
    root: 'multipart/report; report-type="tlsrpt"',
  },
  dmarc: { local: 'noreply-dmarc', type: 'application/gzip', root: 'multipart/mixed' },
} as const satisfies Record<ReportKind, object>

export const mediaTypeOf = (kind: ReportKind): string => FORMS[kind].type

/**
 * The domain in whose name reports go: the one served here that this server's own name lies in, whose keys sign them; else the
 * first. @throws Refusal 'unavailable' when none is served
 */
export async function submitterOf(storage: Storage, { hostname }: Pick<Config, 'hostname'>): Promise<string> {
  const domains = (await listDomains(storage)).map(({ domain }) => domain)
  const own = domains.find((domain) => hostname === domain || hostname.endsWith(`.${domain}`)) ?? domains[0]
  if (own === undefined) throw new Refusal('unavailable')
  return own
}

export const senderOf = (kind: ReportKind, submitter: string): string => `${FORMS[kind].local}@${submitter}`

/** A letter with a report, for `enqueue`: signed on its way, from nobody who reads answers. @throws Refusal 'invalid' */
export async function prepareReportLetter(
  storage: Storage,
  submitter: string,
  to: string,
  { kind, domain, reportId, fileName, content }: Packed,
): Promise<PreparedLetter> {
  const { type, root } = FORMS[kind]
  const letter = await writeMessage(
    {
      from: [{ name: null, email: senderOf(kind, submitter) }],
      to: [{ name: null, email: to }],
      // RFC 9990 §3.5.1, RFC 8460 §5.3.
      subject: `Report Domain: ${domain} Submitter: ${submitter} Report-ID: <${reportId}>`,
      'header:Auto-Submitted:asText': 'auto-generated',
      ...(kind === 'tls'
        ? {
            'header:TLS-Report-Domain:asText': domain,
            'header:TLS-Report-Submitter:asText': submitter,
            // What is wrong with TLS must not keep the word of it away (RFC 8460 §5.3, RFC 8689 §5).
            'header:TLS-Required:asText': 'No',
          }
        : {}),
      bodyStructure: {
        'header:Content-Type': ` ${root}`,
        subParts: [
          { partId: 'text', type: 'text/plain', language: ['en'] },
          { blobId: 'report', type, name: fileName, disposition: 'attachment' },
        ],
      },
      bodyValues: {
        text: {
          value: `This is an automatic report about mail and the policy of ${domain}, which asks for it in its DNS.\nIt holds counts, and no letter.\n`,
        },
      },
    },
    { date: now().toISOString(), messageId: `${randomUUID()}@${submitter}`, loadBlob: async () => content },
  ).catch((error: unknown) => {
    throw error instanceof InvalidMessage ? new Refusal('invalid', { cause: error, fields: ['letter'] }) : error
  })
  return prepareLetter(storage, {
    accountId: undefined,
    mailFrom: '',
    recipients: [{ address: to }],
    content: letter,
    language: 'en',
    isWrittenHere: true,
  })
}
