import type { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import type { Log, ServerCertificates } from '#system'

export interface Listening {
  addresses: { host: string; port: number }[]
  close(): Promise<void>
}

/**
 * Listens on every host. Port 0 is a free one, the same on all of them.
 * @param createServer  called once for each host
 */
export async function listen(
  hosts: readonly string[],
  port: number,
  createServer: () => SMTPServer,
  { log, certificates }: { log: Log; certificates: ServerCertificates },
): Promise<Listening> {
  const servers: SMTPServer[] = []
  const addresses: Listening['addresses'] = []
  // The library keeps a context of its own for whoever asks for no name, as most mail servers do.
  const stopHearing = certificates.hear((own) => {
    for (const server of servers) server.updateSecureContext({ ...own })
  })
  const close = async (): Promise<void> => {
    stopHearing()
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
  }
  try {
    for (const host of hosts) {
      const server = createServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ port: port === 0 ? (addresses[0]?.port ?? 0) : port, host, ipv6Only: true }, () => resolve())
      })
      // A connection that ends badly is the peer's affair; without a listener it would end the process.
      server.on('error', (error) => log.debug({ err: error }, 'an SMTP connection ended badly'))
      servers.push(server)
      addresses.push({ host, port: (server.server.address() as AddressInfo).port })
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses, close }
}
