import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { after, test } from 'node:test'
import { createDomain } from '#accounts'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['http'])
await createDomain(server.storage, 'tulips.example')
await createDomain(server.storage, 'bücher.example')

/** Under any name, past any certificate, and following nothing. */
async function ask(host: string, path = '/.well-known/mta-sts.txt', url = server.https, method = 'GET') {
  const request = url.startsWith('https') ? tlsRequest : plainRequest
  const sent = request(url + path, { method, headers: { host }, rejectUnauthorized: false, agent: false })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const piece of response.setEncoding('utf8')) text += piece as string
  return { status: response.statusCode, type: response.headers['content-type'], text }
}

for (const host of ['mta-sts.tulips.example', 'MTA-STS.Tulips.Example:443', 'mta-sts.xn--bcher-kva.example'])
  test(`the policy is served to ${host} (RFC 8461 §3.2)`, async () => {
    assert.deepEqual(await ask(host), {
      status: 200,
      type: 'text/plain',
      text: 'version: STSv1\r\nmode: testing\r\nmx: zegel.test\r\nmax_age: 86400\r\n',
    })
  })

test('the policy follows the setting', async (t) => {
  const strict = await startServer(t, { mtaSts: { mode: 'enforce' } }, ['http'])
  const { text } = await ask('mta-sts.tulips.example', undefined, strict.https)
  assert.match(text, /mode: enforce\r\n/)
})

const refused: [what: string, ...asked: Parameters<typeof ask>][] = [
  ['a domain that is not served here', 'mta-sts.roses.example'],
  ['a domain below one that is', 'mta-sts.garden.tulips.example'],
  ['the domain itself', 'tulips.example'],
  ['no domain', 'mta-sts.'],
  ['another page under its name', 'mta-sts.tulips.example', '/en/'],
  ['a path that resembles it', 'mta-sts.tulips.example', '/.well-known/mta-sts.txt/'],
  ['the app under its name', 'mta-sts.tulips.example', '/jmap/session'],
  ['in clear', 'mta-sts.tulips.example', undefined, server.http],
  ['what is sent to it', 'mta-sts.tulips.example', undefined, server.https, 'POST'],
]
for (const [what, ...asked] of refused)
  test(`nothing is told of the policy: ${what}`, async () => {
    const { status, text } = await ask(...asked)
    assert.ok(status === 421 || status === 400, String(status))
    assert.doesNotMatch(text, /STSv1/)
  })
