/**
 * Reports in the shapes of reporters that send them by the million, for domains and addresses of the documentation ranges, and a reporter
 * who signs.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { dkimSign, type DKIMSignOptions } from 'mailauth'
import type { Address } from '../serve.ts'
import type { Zone } from './name-server.ts'
import { dialSmtp } from './smtp.ts'

export interface SampleRow {
  source: string
  count: number
  disposition?: string
  dkim?: string
  spf?: string
  headerFrom?: string
}

export interface Sample {
  domain: string
  reportId: string
  /** Seconds since 1970. */
  begin: number
  rows: readonly SampleRow[]
}

const DAY = 86_400

/** As Google writes it: RFC 7489 without a namespace, `np` already there, organisation by domain. */
export const likeGoogle = ({
  domain,
  reportId,
  begin,
  rows,
}: Sample): string => `<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>google.com</org_name>
    <email>noreply-dmarc-support@google.com</email>
    <extra_contact_info>https://support.google.com/a/answer/2466580</extra_contact_info>
    <report_id>${reportId}</report_id>
    <date_range>
      <begin>${begin}</begin>
      <end>${begin + DAY - 1}</end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>${domain}</domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>reject</p>
    <sp>reject</sp>
    <pct>100</pct>
    <np>reject</np>
  </policy_published>
${rows
  .map(
    ({ source, count, disposition = 'none', dkim = 'pass', spf = 'pass', headerFrom = domain }) => `  <record>
    <row>
      <source_ip>${source}</source_ip>
      <count>${count}</count>
      <policy_evaluated>
        <disposition>${disposition}</disposition>
        <dkim>${dkim}</dkim>
        <spf>${spf}</spf>
      </policy_evaluated>
    </row>
    <identifiers>
      <header_from>${headerFrom}</header_from>
    </identifiers>
    <auth_results>
      <dkim>
        <domain>${domain}</domain>
        <result>${dkim}</result>
        <selector>z1</selector>
      </dkim>
      <spf>
        <domain>${domain}</domain>
        <result>${spf}</result>
      </spf>
    </auth_results>
  </record>`,
  )
  .join('\n')}
</feedback>
`

/** As Microsoft writes it: declared namespaces of schemas, one line, `envelope_to`, `fo`. */
export const likeMicrosoft = ({ domain, reportId, begin, rows }: Sample): string =>
  `<?xml version="1.0"?><feedback xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><version>1.0</version><report_metadata><org_name>Enterprise Outlook</org_name><email>dmarcreport@microsoft.com</email><report_id>${reportId}</report_id><date_range><begin>${begin}</begin><end>${begin + DAY}</end></date_range></report_metadata><policy_published><domain>${domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct><fo>0</fo></policy_published>${rows
    .map(
      ({ source, count, disposition = 'none', dkim = 'pass', spf = 'pass', headerFrom = domain }) =>
        `<record><row><source_ip>${source}</source_ip><count>${count}</count><policy_evaluated><disposition>${disposition}</disposition><dkim>${dkim}</dkim><spf>${spf}</spf></policy_evaluated></row><identifiers><envelope_to>receiver.example</envelope_to><envelope_from>${domain}</envelope_from><header_from>${headerFrom}</header_from></identifiers><auth_results><dkim><domain>${domain}</domain><selector>z1</selector><result>${dkim}</result></dkim><spf><domain>${domain}</domain><scope>mfrom</scope><result>${spf}</result></spf></auth_results></record>`,
    )
    .join('')}</feedback>`

/** As Yahoo writes it: padded values, reasons, a last line without an end. */
export const likeYahoo = ({ domain, reportId, begin, rows }: Sample): string => `<?xml version="1.0"?>
<feedback>
  <report_metadata>
    <org_name>Yahoo</org_name>
    <email>dmarchelp@yahooinc.com</email>
    <report_id>${reportId}</report_id>
    <date_range>
      <begin>${begin} </begin>
      <end>${begin + DAY - 1} </end>
    </date_range>
  </report_metadata>
  <policy_published>
    <domain>${domain} </domain>
    <adkim>r</adkim>
    <aspf>r</aspf>
    <p>quarantine</p>
    <pct>100</pct>
  </policy_published>
${rows
  .map(
    ({ source, count, disposition = 'none', dkim = 'pass', spf = 'pass', headerFrom = domain }) => `  <record>
    <row>
      <source_ip>${source} </source_ip>
      <count>${count} </count>
      <policy_evaluated>
        <disposition>${disposition} </disposition>
        <dkim>${dkim} </dkim>
        <spf>${spf} </spf>
        <reason><type>forwarded</type><comment></comment></reason>
      </policy_evaluated>
    </row>
    <identifiers><header_from>${headerFrom}</header_from></identifiers>
    <auth_results><dkim/><spf><domain>${domain}</domain><result>${spf}</result></spf></auth_results>
  </record>`,
  )
  .join('\n')}
</feedback>`

/** As RFC 9990 has it: a namespace, `testing`, `discovery_method`, the disposition `pass`. */
export const likeRfc9990 = ({ domain, reportId, begin, rows }: Sample): string =>
  `<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
  <version>1.0</version>
  <report_metadata>
    <org_name>Sample Reporter</org_name><email>report_sender@reporter.example</email>
    <extra_contact_info lang="en">https://reporter.example/dmarc</extra_contact_info>
    <report_id>${reportId}</report_id>
    <date_range><begin>${begin}</begin><end>${begin + DAY - 1}</end></date_range>
    <generator>Example DMARC Aggregate Reporter v1.2</generator>
  </report_metadata>
  <policy_published><domain>${domain}</domain><p>quarantine</p><np>none</np><testing>n</testing><discovery_method>treewalk</discovery_method></policy_published>
  <extension><x:y xmlns:x="https://reporter.example/x">z</x:y></extension>
${rows
  .map(
    ({ source, count, disposition = 'pass', dkim = 'pass', spf = 'fail', headerFrom = domain }) => `  <record>
    <row><source_ip>${source}</source_ip><count>${count}</count><policy_evaluated><disposition>${disposition}</disposition><dkim>${dkim}</dkim><spf>${spf}</spf></policy_evaluated></row>
    <identifiers><envelope_from>${domain}</envelope_from><header_from>${headerFrom}</header_from></identifiers>
    <auth_results><dkim><domain>${domain}</domain><result>${dkim}</result><selector>z1</selector></dkim><spf><domain>${domain}</domain><result>${spf}</result></spf></auth_results>
  </record>`,
  )
  .join('\n')}
</feedback>`

export interface TlsSample {
  domain: string
  reportId: string
  /** Of a day, such as `2026-11-29`. */
  day: string
  successes: number
  failures?: readonly { type: string; mxHost?: string; count: number }[]
}

/** As Google writes it. */
export const tlsLikeGoogle = ({ domain, reportId, day, successes, failures = [] }: TlsSample): string =>
  JSON.stringify({
    'organization-name': 'Google Inc.',
    'date-range': { 'start-datetime': `${day}T00:00:00Z`, 'end-datetime': `${day}T23:59:59Z` },
    'contact-info': 'smtp-tls-reporting@google.com',
    'report-id': reportId,
    policies: [
      {
        policy: {
          'policy-type': 'sts',
          'policy-string': ['version: STSv1', 'mode: enforce', `mx: mx.${domain}`, 'max_age: 86400'],
          'policy-domain': domain,
          'mx-host': [`mx.${domain}`],
        },
        summary: {
          'total-successful-session-count': successes,
          'total-failure-session-count': failures.reduce((sum, { count }) => sum + count, 0),
        },
        'failure-details': failures.map(({ type, mxHost, count }) => ({
          'result-type': type,
          'sending-mta-ip': '203.0.113.9',
          'receiving-mx-hostname': mxHost,
          'receiving-ip': '203.0.113.80',
          'failed-session-count': count,
        })),
      },
    ],
  })

/** As Microsoft writes it: single values where lists are wanted, no details. */
export const tlsLikeMicrosoft = ({ domain, reportId, day, successes }: TlsSample): string =>
  JSON.stringify({
    'organization-name': 'Microsoft Corporation',
    'date-range': { 'start-datetime': `${day}T00:00:00Z`, 'end-datetime': `${day}T23:59:59Z` },
    'contact-info': 'tlsrpt-noreply@microsoft.com',
    'report-id': reportId,
    policies: [
      {
        policy: { 'policy-type': 'no-policy-found', 'policy-domain': domain, 'mx-host': `mx.${domain}` },
        summary: { 'total-successful-session-count': successes, 'total-failure-session-count': 0 },
      },
    ],
  })

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')

/** What the DNS says of the reporter. */
export const REPORTER_ZONE: Zone = {
  'reporter.example': { TXT: ['v=spf1 -all'] },
  '_dmarc.reporter.example': { TXT: ['v=DMARC1; p=reject'] },
  'k._domainkey.reporter.example': { TXT: [`v=DKIM1; k=rsa; p=${key}`] },
}

export interface ReportLetter {
  to: string
  /** What is attached. */
  file: Buffer | string
  type?: string
  name?: string
  /** The reporter, unless somebody else. */
  from?: string
  isSigned?: boolean
}

const REPORTER = 'noreply@reporter.example'

export async function reportLetter({
  to,
  file,
  type = 'application/gzip',
  name = 'r.xml.gz',
  from = REPORTER,
  isSigned = true,
}: ReportLetter): Promise<string> {
  const base64 = Buffer.from(file).toString('base64').replace(/.{76}/g, '$&\r\n')
  const letter = [
    `From: ${from}`,
    `To: ${to}`,
    `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${randomUUID()}@reporter.example>`,
    'Subject: Report Domain: x Submitter: reporter.example Report-ID: <1>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'A report.',
    '--b',
    `Content-Type: ${type}; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    '',
    base64,
    '--b--',
    '',
  ].join('\r\n')
  if (!isSigned) return letter
  const { signatures } = await dkimSign(letter, {
    signatureData: [{ signingDomain: 'reporter.example', selector: 'k', privateKey: pem }],
    headerList: ['From', 'Subject', 'Date', 'Message-ID'],
  } as unknown as DKIMSignOptions)
  return `${signatures}${letter}`
}

/** Brings a letter by SMTP. @returns the reply to DATA */
export async function bringReport(
  t: { after(undo: () => void): void },
  server: Address,
  letter: ReportLetter,
): Promise<string> {
  const smtp = await dialSmtp(t, server)
  await smtp.say(`MAIL FROM:<${letter.from ?? REPORTER}>`)
  assert.match(await smtp.say(`RCPT TO:<${letter.to}>`), /^250/)
  assert.match(await smtp.say('DATA'), /^354/)
  return smtp.say(`${await reportLetter(letter)}.`)
}
