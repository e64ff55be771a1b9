import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { parseAddress, type Address } from '#formats/message'
import { shiftClock } from '#system'
import { openTestStorage } from '#test/database'
import { isReturnAddress, returnAddress, senderOf } from './index.ts'

const storage = await openTestStorage({ after })
/** What has to know these addresses at RCPT. */
const receiver = await openTestStorage({ after }, 'zegel_receiver')

const DOMAIN = 'zegel.test'
const DAY = 86_400

const parsed = (address: string): Address => {
  const found = parseAddress(address)
  assert.ok(found, address)
  return found
}
const backFrom = (address: string): Promise<string | undefined> => senderOf(receiver, parsed(address))

for (const sender of ['bea@example.org', 'Bea.B@Example.ORG', 'bea=x+tag@example.org', 'a@b.co', '"bea b"@example.org'])
  test(`${sender} is led back to, however a server on the way writes the address`, async () => {
    const address = await returnAddress(storage, DOMAIN, sender)
    if (sender.startsWith('"')) return assert.equal(address, '', 'what has to be quoted does not fit')
    assert.match(address, /^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=example\.org=|^SRS0=[A-Z2-7]{6}=[A-Z2-7]{2}=b\.co=/)
    assert.ok(isReturnAddress(parsed(address)))
    assert.equal(await backFrom(address), parsed(sender).address)
    assert.equal(await backFrom(address.toLowerCase()), parsed(sender).address.toLowerCase())
  })

test('whom another server leads back to is reached past it, and past us when we pass it on a second time', async () => {
  const first = 'SRS0=HHHH=TT=origin.example=bea@relay.example'
  const second = await returnAddress(storage, DOMAIN, first)
  assert.match(second, /^SRS1=[A-Z2-7]{6}=relay\.example==HHHH=TT=origin\.example=bea@zegel\.test$/)
  assert.equal(await backFrom(second), first)
  const third = await returnAddress(storage, 'other.test', second)
  assert.match(third, /^SRS1=[A-Z2-7]{6}=relay\.example==HHHH=TT=origin\.example=bea@other\.test$/)
  assert.equal(await backFrom(third), first)
  const plus = 'SRS0+HHHH=TT=origin.example=bea@relay.example'
  assert.equal(await backFrom(await returnAddress(storage, DOMAIN, plus)), plus)
})

test('an address leads back for 21 days, and not before it was made', async (t) => {
  t.after(() => shiftClock(0))
  const address = await returnAddress(storage, DOMAIN, 'bea@example.org')
  shiftClock(20.9 * DAY)
  assert.equal(await backFrom(address), 'bea@example.org')
  shiftClock(22.1 * DAY)
  assert.equal(await backFrom(address), undefined)
  shiftClock(400 * DAY)
  assert.equal(await backFrom(address), undefined)
  shiftClock(-3 * DAY)
  assert.equal(await backFrom(address), undefined)
})

const UNFIT: [what: string, sender: string][] = [
  ['the null sender', ''],
  ['one that is too long for it', `${'x'.repeat(50)}@example.org`],
  ['one beyond ASCII', 'jürgen@example.org'],
  ['an address in place of a domain', 'bea@[192.0.2.1]'],
  ['no address', 'bea'],
]
for (const [what, sender] of UNFIT)
  test(`${what} becomes the null sender`, async () => {
    assert.equal(await returnAddress(storage, DOMAIN, sender), '')
  })

test('what we have not made leads nowhere', async () => {
  const made = await returnAddress(storage, DOMAIN, 'bea@example.org')
  const [, hash = '', day = ''] = /^SRS0=(\w+)=(\w+)=/.exec(made) ?? []
  const further = await returnAddress(storage, DOMAIN, 'SRS0=HHHH=TT=origin.example=bea@relay.example')
  const forged: Record<string, string> = {
    'another name': made.replace('bea', 'carl'),
    'another host': made.replace('example.org', 'example.net'),
    'another day': made.replace(`=${day}=`, '=AA='),
    'another hash': made.replace(hash, hash === 'AAAAAA' ? 'BBBBBB' : 'AAAAAA'),
    'a part of the hash': made.replace(hash, hash.slice(0, 3)),
    'no hash': made.replace(hash, ''),
    'another domain of ours': made.replace('@zegel.test', '@other.test'),
    'the hash of one kind for the other': `SRS1=${hash}=example.org==${hash}=${day}=example.org=bea@zegel.test`,
    'another rest': further.replace('=bea@', '=carl@'),
    'another relay': further.replace('relay', 'victim'),
    'nothing behind it': 'SRS0=@zegel.test',
    'hosts and no name': 'SRS1=A=B=C@zegel.test',
    nobody: 'anna@zegel.test',
  }
  for (const [what, address] of Object.entries(forged)) assert.equal(await backFrom(address), undefined, what)
})
