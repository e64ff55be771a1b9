import type { SMTPServerOptions } from 'smtp-server'
import { networkOf } from '#accounts'
import { count, sniOf, type Config, type ServerCertificates } from '#system'
import type { Limits } from './limits.ts'
import { SmtpError } from './reply.ts'

/** RFC 5321 §4.5.3.2.5: a server waits at least five minutes for the next command. */
const IDLE_MS = 300_000

/** What every SMTP port of ours says and bounds alike. */
export function commonOptions(
  protocol: 'smtp' | 'submission',
  config: Config,
  certificates: ServerCertificates,
  { connections }: Limits,
): SMTPServerOptions {
  const admitted = new Set<string>()
  return {
    name: config.hostname,
    banner: 'Zegel',
    ...certificates.own,
    SNICallback: sniOf(certificates),
    size: Math.floor(config.smtp.maxMessageMegabytes * 1_000_000),
    maxClients: config.smtp.maxConnections,
    socketTimeout: IDLE_MS,
    closeTimeout: 5_000,
    disableReverseLookup: true,
    rejectOversized: true,
    hideENHANCEDSTATUSCODES: false,
    // RFC 8689 §4.1: announced under TLS alone, and passed on with the letter.
    hideREQUIRETLS: false,
    logger: false,

    onConnect(session, callback) {
      if (!connections.enter(networkOf(session.remoteAddress))) {
        count('refusals', protocol)
        return callback(new SmtpError({ code: 421, text: 'Too many connections from your network' }))
      }
      count('sessions', protocol)
      admitted.add(session.id)
      callback()
    },
    onClose(session) {
      if (admitted.delete(session.id)) connections.leave(networkOf(session.remoteAddress))
    },
  }
}
