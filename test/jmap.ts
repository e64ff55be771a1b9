import assert from 'node:assert/strict'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

type Json = Record<string, unknown>
export type Invocation = [name: string, args: Json, callId: string]

/** A program that speaks JMAP for one person. Each call takes the account's id by itself. */
export interface JmapClient {
  accountId: string
  session: Json & { capabilities: Record<string, Json> }
  /** What every request carries. */
  headers: Record<string, string>
  /** Calls one method and gives its arguments; fails the test when the response is an error. */
  call(name: string, args?: Json): Promise<Json>
  /** Calls one method that is expected to fail; gives the error. */
  fail(name: string, args?: Json): Promise<Json>
  /** Sends these calls as one request and gives all responses. */
  calls(...calls: Invocation[]): Promise<Invocation[]>
  /** Sends a body as it is to the API. */
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Response>
}

export const basicAuth = ({ address, password }: Pick<Person, 'address' | 'password'>): string =>
  `Basic ${Buffer.from(`${address}:${password}`).toString('base64')}`

/** Signs in with HTTP Basic and reads the session resource. All capabilities are used. */
export async function openJmapClient(
  server: Pick<TestServer, 'http'>,
  person: Pick<Person, 'address' | 'password'>,
): Promise<JmapClient> {
  const headers = { authorization: basicAuth(person) }
  const response = await fetch(`${server.http}/.well-known/jmap`, { headers })
  assert.equal(response.status, 200)
  const session = (await response.json()) as JmapClient['session']
  const accountId = Object.keys(session['accounts'] as Json)[0] as string
  const using = Object.keys(session.capabilities)

  const client: JmapClient = {
    accountId,
    session,
    headers,
    post: (body, more = {}) =>
      fetch(String(session['apiUrl']), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers, ...more },
        body,
      }),
    async calls(...methodCalls) {
      const answer = await client.post(JSON.stringify({ using, methodCalls }))
      assert.equal(answer.status, 200, await answer.clone().text())
      return ((await answer.json()) as { methodResponses: Invocation[] }).methodResponses
    },
    async call(name, args = {}) {
      const [response] = await client.calls([name, { accountId, ...args }, '0'])
      assert.equal(response?.[0], name, JSON.stringify(response))
      return response[1]
    },
    async fail(name, args = {}) {
      const [response] = await client.calls([name, { accountId, ...args }, '0'])
      assert.equal(response?.[0], 'error', JSON.stringify(response))
      return response[1]
    },
  }
  return client
}
