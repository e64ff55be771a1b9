import { writeXml, xml, type XmlElement } from '#formats/xml'
import type { DmarcRecord, DmarcReport } from './dmarc.ts'

/** RFC 9990 §3.1.1. */
const NAMESPACE = 'urn:ietf:params:xml:ns:dmarc-2.0'

const element = (name: string, ...children: (XmlElement | string | number | undefined)[]): XmlElement =>
  xml(name, {}, children, NAMESPACE)

const optional = (name: string, value: string | undefined): XmlElement | undefined =>
  value === undefined || value === '' ? undefined : element(name, value)

const seconds = (time: Date): number => Math.floor(time.getTime() / 1000)

/** Writes an aggregate report as RFC 9990 appendix A has it. */
export const writeDmarcReport = ({ organisation, email, reportId, begin, end, policy, records }: DmarcReport): string =>
  writeXml(
    element(
      'feedback',
      element('version', '1.0'),
      element(
        'report_metadata',
        element('org_name', organisation),
        element('email', email),
        element('report_id', reportId),
        element('date_range', element('begin', seconds(begin)), element('end', seconds(end))),
        element('generator', 'Zegel'),
      ),
      element(
        'policy_published',
        element('domain', policy.domain),
        element('p', policy.p),
        optional('sp', policy.sp),
        optional('np', policy.np),
        optional('adkim', policy.adkim),
        optional('aspf', policy.aspf),
        element('discovery_method', 'treewalk'),
        element('testing', policy.isTesting === true ? 'y' : 'n'),
      ),
      ...records.map(recordElement),
    ),
  )

const recordElement = (record: DmarcRecord): XmlElement =>
  element(
    'record',
    element(
      'row',
      element('source_ip', record.source),
      element('count', record.count),
      element(
        'policy_evaluated',
        element('disposition', record.disposition),
        element('dkim', record.dkim),
        element('spf', record.spf),
        ...record.reasons.map((type) => element('reason', element('type', type))),
      ),
    ),
    element('identifiers', optional('envelope_from', record.envelopeFrom), element('header_from', record.headerFrom)),
    element(
      'auth_results',
      ...record.signatures.map(({ domain, selector, result }) =>
        element('dkim', element('domain', domain), optional('selector', selector), element('result', result)),
      ),
      ...record.senders.map(({ domain, result }) =>
        element('spf', element('domain', domain), element('scope', 'mfrom'), element('result', result)),
      ),
    ),
  )

/** RFC 9990 §3.5.1, RFC 7489 §7.2.1.1: receiver!policy-domain!begin!end!unique-id. */
export const dmarcFileName = (receiver: string, { policy, begin, end, reportId }: DmarcReport): string =>
  `${receiver}!${policy.domain}!${seconds(begin)}!${seconds(end)}!${reportId}.xml.gz`
