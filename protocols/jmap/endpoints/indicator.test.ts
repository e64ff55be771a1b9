import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openJmapClient } from '#test/jmap'
import { startNameServer } from '#test/name-server'
import { startServer } from '#test/server'
import { dialSmtp } from '#test/smtp'

const spf = 'v=spf1 ip4:127.0.0.1 -all'
const mark = 'v=BIMI1; l=https://127.0.0.1:1/mark.svg; a=https://127.0.0.1:1/mark.pem'
const names = await startNameServer(
  { after },
  {
    'good.example': { TXT: [spf] },
    '_dmarc.good.example': { TXT: ['v=DMARC1; p=reject'] },
    'default._bimi.good.example': { TXT: [mark] },
    'lax.example': { TXT: [spf] },
    '_dmarc.lax.example': { TXT: ['v=DMARC1; p=none'] },
    'default._bimi.lax.example': { TXT: [mark] },
    'other.example': { TXT: ['v=spf1 -all'] },
    '_dmarc.other.example': { TXT: ['v=DMARC1; p=reject'] },
    'default._bimi.other.example': { TXT: [mark] },
  },
)
const arrival = { trustedSealers: [], blockLists: [], greylistMinutes: 0, indicators: true }
const server = await startServer({ after }, { dns: { servers: [names.address] }, arrival }, ['smtp', 'http'])
const person = await server.createAccount()
const jmap = await openJmapClient(server, person)
const { indicatorUrl } = jmap.session.capabilities['urn:zegel:mail'] as { indicatorUrl: string }

/** Has a letter arrive. @returns its id, and the finding about a mark */
async function arrive(t: { after(undo: () => void): void }, from: string): Promise<{ id: string; published: unknown }> {
  const smtp = await dialSmtp(t, server.smtp)
  await smtp.say(`MAIL FROM:<${from}>`)
  await smtp.say(`RCPT TO:<${person.address}>`)
  await smtp.say('DATA')
  assert.match(await smtp.say(`From: ${from}\r\nSubject: Tulips\r\n\r\nRed ones.\r\n.`), /^250/)
  const { ids } = await jmap.call('Email/query', { sort: [{ property: 'receivedAt', isAscending: false }], limit: 1 })
  const { list } = await jmap.call('Email/get', { ids, properties: ['verdict'] })
  const [email] = list as { id: string; verdict: { findings: { name: string; values: unknown }[] } }[]
  const published = email?.verdict.findings.find(({ name }) => name === 'indicator')?.values
  return { id: email?.id as string, published }
}

const ask = (
  emailId: string,
  headers: Record<string, string> = { ...jmap.headers, 'X-Zegel': '1' },
): Promise<Response> =>
  fetch(indicatorUrl.replace('{accountId}', jmap.accountId).replace('{emailId}', emailId), { headers })

test('a letter that its domain stands for says where the domain has its mark, which is not shown unverified', async (t) => {
  const { id, published } = await arrive(t, 'bea@good.example')
  assert.deepEqual(published, {
    domain: 'good.example',
    selector: 'default',
    authority: 'https://127.0.0.1:1/mark.pem',
  })
  assert.equal((await ask(id)).status, 404)
  assert.equal((await ask(id, jmap.headers)).status, 403, 'nobody else’s page has it fetched')
})

for (const [what, from] of [
  ['whose policy asks for nothing', 'bea@lax.example'],
  ['that has not sent the letter', 'bea@other.example'],
] as const)
  test(`a domain ${what} has no mark`, async (t) => {
    const { id, published } = await arrive(t, from)
    assert.equal(published, undefined)
    assert.equal((await ask(id)).status, 404)
  })
