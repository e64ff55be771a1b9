import type { Config } from '#system'

/** Where a mail program finds what it asks for. */
export interface MailServer {
  protocol: 'imap' | 'pop3' | 'submission'
  host: string
  port: number
  /** From the first byte (RFC 8314 §3), or by a command of the protocol. */
  tls: 'implicit' | 'starttls'
}

interface Ports {
  port: number
  tlsPort: number
}

/** The servers of this configuration, the best way to each first. */
export function mailServers(config: Config): MailServer[] {
  const { imap, pop3, submission }: { imap?: Ports; pop3?: Ports; submission: Ports } = config
  return Object.entries({ imap, pop3, submission }).flatMap(([name, ports]) => {
    const protocol = name as MailServer['protocol']
    const at = { protocol, host: config.hostname }
    return ports === undefined
      ? []
      : [
          { ...at, port: ports.tlsPort, tls: 'implicit' as const },
          { ...at, port: ports.port, tls: 'starttls' as const },
        ]
  })
}
