import { aliasRecord } from './mta-sts.ts'
import type { Proposing, RecordSettings } from './ours.ts'
import type { DnsRecord } from './record.ts'

interface Service {
  /** Before the domain. */
  name: string
  /** Undefined: programs are told to leave this way alone. */
  port: number | undefined
  /** The way by the command of the protocol, which may be named as well. */
  alsoPort?: number
  priority: number
}

/**
 * TLS from the first byte is the way to be found (RFC 8314 §3), IMAP before POP3 (RFC 6186 §3.4). The ways that begin in clear and go
 * over to TLS are there for who has set them by hand, and are not offered to be found.
 */
function servicesOf({ submission, imap, pop3, managesieve, https, proxies }: RecordSettings): Service[] {
  // A proxy listens on the usual port.
  const web = proxies.length > 0 ? 443 : https.port
  return [
    { name: '_submissions._tcp', port: submission.tlsPort, priority: 0 },
    { name: '_submission._tcp', port: undefined, alsoPort: submission.port, priority: 0 },
    { name: '_imaps._tcp', port: imap.tlsPort, priority: 0 },
    { name: '_imap._tcp', port: undefined, alsoPort: imap.port, priority: 0 },
    { name: '_pop3s._tcp', port: pop3.tlsPort, priority: 10 },
    { name: '_pop3._tcp', port: undefined, alsoPort: pop3.port, priority: 0 },
    // RFC 5804 §1.8: TLS begins by a command.
    { name: '_sieve._tcp', port: managesieve.port, priority: 0 },
    // RFC 8620 §2.2.
    { name: '_jmap._tcp', port: web, priority: 0 },
    // Outlook asks there for its settings: a name for which there is a certificate whatever the domain's are ([MS-OXDISCO]).
    { name: '_autodiscover._tcp', port: web, priority: 0 },
  ]
}

/** Where programs find their server by the domain alone. RFC 6186 §3, RFC 8314 §5.1. */
export const serviceRecords = ({ config, ours }: Proposing, domain: string): DnsRecord[] =>
  servicesOf(config).map(({ name, port, alsoPort, priority }) => ({
    kind: 'srv',
    name: `${name}.${domain}`,
    type: 'SRV',
    value: port === undefined ? '0 0 0 .' : `${priority} 1 ${port} ${ours.host}`,
    need: 'useful',
    whose: 'domain',
    compare(found) {
      if (found.length === 0) return 'missing'
      // Priority and weight are their owner's, as long as all lead here.
      const leadsHere = found.every((text) => {
        const [, , toPort, target = ''] = text.split(' ')
        if (target === '.') return port === undefined && found.length === 1
        return ours.names.has(target) && Number(toPort) === (port ?? alsoPort)
      })
      return leadsHere ? 'right' : 'wrong'
    },
  }))

/** Names at which mail programs ask for their settings. */
export const autoconfigRecords = ({ ours }: Proposing, domain: string): DnsRecord[] =>
  ['autoconfig', 'autodiscover'].map((label) => aliasRecord('autoconfig', `${label}.${domain}`, ours, 'useful'))
