/** Letters that one server of ours passes on to the next, as RFC 8617 has them. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, test } from 'node:test'
import { authenticate, openLookUp, type Authenticated } from '#mail/authentication'
import { nowMs } from '#system'
import { startNameServer } from '#test/name-server'
import type { Seal } from './arc.ts'
import { letterToSign } from './letter.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ed = generateKeyPairSync('ed25519')
const names = await startNameServer(
  { after },
  {
    's._domainkey.list.example': {
      TXT: [`v=DKIM1; k=rsa; p=${rsa.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`],
    },
    's._domainkey.forward.example': {
      TXT: [
        `v=DKIM1; k=ed25519; p=${ed.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')}`,
      ],
    },
  },
)
const lookUps = openLookUp([names.address])
type Sealer = Pick<Seal, 'key' | 'hostname'>
const list: Sealer = {
  key: { domain: 'list.example', selector: 's', algorithm: 'rsa', key: rsa.privateKey },
  hostname: 'mx.list.example',
}
const forward: Sealer = {
  key: { domain: 'forward.example', selector: 's', algorithm: 'ed25519', key: ed.privateKey },
  hostname: 'mx.forward.example',
}

function sealArc(content: Buffer, { results, arc }: Pick<Authenticated, 'results' | 'arc'>, sealer: Sealer): string {
  const letter = letterToSign()
  letter.add(content)
  return letter.sign([], Math.floor(nowMs() / 1000), { ...sealer, results, chain: arc.result })
}

const letter = Buffer.from(
  'From: Bea <bea@example.org>\r\nTo: list@list.example\r\nSubject: Tulips\r\n\r\nRed ones.\r\n',
)

const verify = (content: Buffer): Promise<Authenticated> =>
  authenticate(
    content,
    { clientAddress: '192.0.2.1', heloName: 'mx.list.example', mailFrom: 'bea@example.org' },
    'zegel.test',
    lookUps.forLetter(),
  )

/** What a server does that passes a letter on: verifies it, and seals what it sends. */
async function pass(content: Buffer, sealer: Sealer, change = (text: string): string => text): Promise<Buffer> {
  const found = await verify(content)
  const changed = Buffer.from(change(content.toString()))
  return Buffer.concat([Buffer.from(sealArc(changed, found, sealer)), changed])
}

test('a letter that nobody has sealed before begins a chain (§5.1)', async () => {
  const sealed = await pass(letter, list)
  const [seal, signature, results] = sealed.toString().split(/\r\n(?![ \t])/)
  assert.match(seal ?? '', /^ARC-Seal: i=1;.*cv=none/s)
  assert.match(signature ?? '', /^ARC-Message-Signature: i=1;/)
  assert.match(results ?? '', /^ARC-Authentication-Results: i=1; mx\.list\.example;\s+.*spf=/s)
  assert.deepEqual((await verify(sealed)).arc, {
    result: 'pass',
    sealers: [{ domain: 'list.example', dmarc: 'none' }],
  })
})

test('who passes it on vouches for the chain, and what a list adds to the subject breaks no seal made after it', async () => {
  const once = await pass(letter, list, (text) => text.replace('Tulips', '[garden] Tulips'))
  const twice = await pass(once, forward)
  assert.match(twice.toString(), /^ARC-Seal: i=2;[^]*?cv=pass/)
  assert.deepEqual((await verify(twice)).arc, {
    result: 'pass',
    sealers: [
      { domain: 'forward.example', dmarc: 'none' },
      { domain: 'list.example', dmarc: 'none' },
    ],
  })
})

test('a letter that was changed after it was sealed shows, and who passes it on says so (§5.2)', async () => {
  const changed = Buffer.from((await pass(letter, list)).toString().replace('Red ones', 'Blue ones'))
  assert.equal((await verify(changed)).arc.result, 'fail')
  const twice = await pass(changed, forward)
  assert.match(twice.toString(), /^ARC-Seal: i=2;[^]*?cv=fail/)
  assert.equal((await verify(twice)).arc.result, 'fail')
  assert.equal(sealArc(twice, await verify(twice), list), '', 'a chain that is broken is not gone on with')
})

test('a seal that is taken out, doubled or out of order breaks the chain', async () => {
  const twice = (await pass(await pass(letter, list), forward)).toString()
  const fields = twice.split(/(?<=\r\n)(?![ \t])/)
  const attacks: Record<string, string> = {
    'without the first seal': fields.filter((field) => !field.startsWith('ARC-Seal: i=1')).join(''),
    'with the first set twice': [...fields.filter((field) => / i=1;/.test(field.slice(0, 40))), twice].join(''),
    'with numbers exchanged': twice.replace('ARC-Seal: i=1', 'ARC-Seal: i=3'),
  }
  for (const [what, text] of Object.entries(attacks))
    assert.notEqual((await verify(Buffer.from(text))).arc.result, 'pass', what)
})

test('nobody seals a fifty-first set (§4.2.1)', async () => {
  const set = (i: number): string =>
    `ARC-Seal: i=${i}; a=rsa-sha256; cv=${i === 1 ? 'none' : 'pass'}; d=list.example; s=s; b=eA==\r\n` +
    `ARC-Message-Signature: i=${i}; a=rsa-sha256; d=list.example; s=s; h=From; bh=eA==; b=eA==\r\n` +
    `ARC-Authentication-Results: i=${i}; mx.list.example; none\r\n`
  const full = Buffer.concat([Buffer.from(Array.from({ length: 50 }, (_, i) => set(50 - i)).join('')), letter])
  assert.equal(sealArc(full, { results: '', arc: { result: 'pass', sealers: [] } }, list), '')
})
