import { hash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Refusal, type Config, type Log } from '#system'
import { openRegistry, type MetricsContext } from './registry.ts'

export interface MetricsOptions extends MetricsContext {
  log: Log
  /** Of `config.metrics`, which is set. */
  port: number
}

export interface RunningMetrics {
  address: { host: string; port: number }
  close(): Promise<void>
}

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5000,
  requestTimeout: 5000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2000,
}

/** One Prometheus keeps one connection. */
const MOST_CONNECTIONS = 20

const LEAST_TOKEN = 16
const MOST_TOKEN = 1024

/** Answers GET /metrics and nothing else. @throws Refusal 'invalid' when the token's file cannot be used */
export async function startMetrics(options: MetricsOptions): Promise<RunningMetrics> {
  const { config, log, port } = options
  const mayAsk = openGate(config)
  const registry = openRegistry(options)
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    if (!mayAsk(request)) return end(response, 401, 'A token is wanted.\n', { 'WWW-Authenticate': 'Bearer' })
    if (request.url?.split('?', 1)[0] !== '/metrics') return end(response, 404, 'There is /metrics.\n')
    if (request.method !== 'GET') return end(response, 405, 'Only GET.\n', { Allow: 'GET' })
    end(response, 200, await registry.text(), { 'Content-Type': registry.contentType })
  }
  const server = createServer(LIMITS, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'figures could not be told')
      end(response, 500, '')
    })
  })
  server.maxConnections = MOST_CONNECTIONS
  server.listen(port, config.metrics.host)
  await once(server, 'listening')
  return {
    address: { host: config.metrics.host, port: (server.address() as AddressInfo).port },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function end(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(text)
}

/** Who may ask: everybody who reaches the port, or whoever brings the token. */
function openGate({ metrics: { tokenFile } }: Pick<Config, 'metrics'>): (request: IncomingMessage) => boolean {
  if (tokenFile === undefined) return () => true
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer')
  const wanted = digest(readToken(tokenFile))
  return ({ headers: { authorization = '' } }) => {
    const [, given] = /^Bearer +(\S{1,1024})$/i.exec(authorization) ?? []
    return given !== undefined && timingSafeEqual(digest(given), wanted)
  }
}

function readToken(file: string): string {
  const wrong = (complaint: string): Refusal => new Refusal('invalid', { fields: [`metrics.tokenFile: ${complaint}`] })
  let token: string
  try {
    if ((statSync(file).mode & 0o077) !== 0) throw wrong('others than its owner may read it')
    token = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw error instanceof Refusal ? error : wrong('it cannot be read')
  }
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < LEAST_TOKEN || token.length > MOST_TOKEN)
    throw wrong(`wanted is one line of ${LEAST_TOKEN} to ${MOST_TOKEN} characters without spaces`)
  return token
}
