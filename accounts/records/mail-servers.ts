import type { Config } from '#system'

/** Where a mail program finds what it asks for. */
export interface MailServer {
  protocol: 'imap' | 'pop3' | 'submission'
  host: string
  port: number
  /** From the first byte (RFC 8314 §3), or by a command of the protocol. */
  tls: 'implicit' | 'starttls'
}

/** The servers of this configuration, the best way to each first. */
export const mailServers = (config: Pick<Config, 'hostname' | MailServer['protocol']>): MailServer[] =>
  (['imap', 'pop3', 'submission'] as const).flatMap((protocol): MailServer[] => {
    const host = config.hostname.toLowerCase()
    const { port, tlsPort } = config[protocol]
    return [
      { protocol, host, port: tlsPort, tls: 'implicit' },
      { protocol, host, port, tls: 'starttls' },
    ]
  })
