import { mailServers, type MailServer } from '#accounts'
import { writeXml, xml } from '#formats/xml'
import type { Config } from '#system'

const TYPES = { imap: 'imap', pop3: 'pop3', submission: 'smtp' } as const
const SOCKETS = { implicit: 'SSL', starttls: 'STARTTLS' } as const

/**
 * The settings of a domain for Thunderbird and those who do as it does: `config-v1.1.xml` of draft-ietf-mailmaint-autoconfig. Programs
 * take the first way they know. Of an address nothing stands in it: a program puts in what its owner typed.
 */
export function autoconfig(config: Config, domain: string): string {
  const name = config.operator.name ?? config.hostname
  const servers = offered(config)
  return writeXml(
    xml('clientConfig', { version: '1.1' }, [
      xml('emailProvider', { id: domain }, [
        xml('domain', {}, [domain]),
        xml('displayName', {}, [name]),
        xml('displayShortName', {}, [name]),
        ...servers.filter(({ protocol }) => protocol !== 'submission').map((one) => server('incomingServer', one)),
        ...servers.filter(({ protocol }) => protocol === 'submission').map((one) => server('outgoingServer', one)),
      ]),
    ]),
  )
}

/** What begins in clear is not offered to be found (RFC 8314 §3), but for sending: some networks let port 587 through alone. */
const offered = (config: Config): MailServer[] =>
  mailServers(config).filter(({ protocol, tls }) => tls === 'implicit' || protocol === 'submission')

const server = (element: string, { protocol, host, port, tls }: MailServer) =>
  xml(element, { type: TYPES[protocol] }, [
    xml('hostname', {}, [host]),
    xml('port', {}, [port]),
    xml('socketType', {}, [SOCKETS[tls]]),
    xml('authentication', {}, ['password-cleartext']),
    xml('username', {}, ['%EMAILADDRESS%']),
  ])
