import { createServer } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { MadeCertificate } from '../certificates.ts'
import type { Undo } from '../database.ts'

/** What stands where a domain's MTA-STS policy is looked for (RFC 8461 §3.3), or a lie in its place. */
export interface PolicyPage {
  text: string
  type?: string
  status?: number
  location?: string
  certificate?: MadeCertificate
}

/** A web server that shows one page, which may be exchanged at any time, to whoever asks for a policy; to others another. */
export async function startPolicyPage(
  t: Undo,
  { host, port, certificate }: { host: string; port: number; certificate: MadeCertificate },
): Promise<{ now: PolicyPage }> {
  const page: { now: PolicyPage } = { now: { text: '' } }
  const server = createServer(
    { SNICallback: (_name, done) => done(null, createSecureContext(page.now.certificate ?? certificate)) },
    (request, response) => {
      const { text, type = 'text/plain', status = 200, location } = page.now
      const isPolicy = request.url === '/.well-known/mta-sts.txt'
      response.writeHead(isPolicy ? status : 404, {
        'Content-Type': type,
        ...(location === undefined ? {} : { Location: location }),
      })
      response.end(isPolicy ? text : 'version: STSv1\nmode: none\nmax_age: 1\n')
    },
  )
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return page
}

/** @param hosts  such as `mx.example.org` or `*.example.org` */
export const policyText = (mode: string, hosts: readonly string[], maxAge = 604_800): string =>
  ['version: STSv1', `mode: ${mode}`, ...hosts.map((host) => `mx: ${host}`), `max_age: ${maxAge}`, ''].join('\r\n')
