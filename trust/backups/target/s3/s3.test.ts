import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { request as requestHttp, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { text } from 'node:stream/consumers'
import { AwsV4Signer } from 'aws4fetch'
import { addOwner, arrive, emptyMachine, lettersOf, openStarted } from '#test/backups'
import { silent } from '#test/cluster'
import { openTestStorage, testDatabase } from '#test/database'
import { startStore } from '#test/s3'
import { describeError, nowMs, Refusal } from '#system'
import { makeBackup, restoreBackup } from '../../index.ts'
import { getWhole, type Target } from '../target.ts'
import { openS3Target } from './s3.ts'

/** Milliseconds before a second attempt. */
const SOON = 1

const OBJECT = 'objects/11111111-1111-4111-8111-111111111111/22222222-2222-4222-8222-222222222222'

const named = async (names: AsyncIterable<string>): Promise<string[]> => {
  const all: string[] = []
  for await (const name of names) all.push(name)
  return all.toSorted()
}

/** What a refusal says, wherever it says it. */
const wordsOf = (error: unknown): string =>
  `${(error as Refusal).fields.join('\n')} ${(error as Error).stack} ${JSON.stringify(describeError(error))}`

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const error = await work.then(
    () => assert.fail('nothing was refused'),
    (refused: unknown) => refused,
  )
  assert.ok(error instanceof Refusal, String(error))
  return error
}

const put = (target: Target, content: Uint8Array): Promise<void> => target.put(OBJECT, [content])

test('a backup goes to a bucket and comes back, though the store is slow, deaf and breaks off now and then', async (t) => {
  const storage = await openTestStorage(t)
  const { config } = await testDatabase()
  const store = await startStore(t, { maxKeys: 3 })
  const target = openS3Target(store.settings, SOON)
  const person = await addOwner(storage)
  await arrive(storage, person, 'Small.')
  await arrive(storage, person, `Large. ${'0123456789abcdef'.repeat(40_000)}`)
  Object.assign(store.trouble, { slowEvery: 4, unheard: ['PUT object', 'PUT object'], cut: 2 })
  const first = await makeBackup({ storage, config, target, log: silent })
  await arrive(storage, person, 'Later.')
  const keysBefore = store.objects.get('mail/keys')
  const second = await makeBackup({ storage, config, target, log: silent })
  assert.equal(second.changed, 1)
  assert.ok(first.objects > second.objects)
  assert.notDeepEqual(store.objects.get('mail/keys'), keysBefore, 'the copy of the keys is replaced')
  assert.ok([...store.objects.keys()].every((key) => key.startsWith('mail/')))
  assert.equal((await named(target.list('backups/'))).length, 2)
  assert.equal(store.uploads.size, 0)

  Object.assign(store.trouble, { cut: 2 })
  const empty = await emptyMachine(t, config.keyFile)
  const restored = await restoreBackup({ config: empty, target, log: silent })
  assert.deepEqual([restored.id, restored.items], [second.id, 3])
  assert.deepEqual(await lettersOf(await openStarted(t, empty), person.id), await lettersOf(storage, person.id))
  assert.ok(store.asked.some((line) => line.endsWith('503 SlowDown')))
  assert.deepEqual(store.trouble, { slowEvery: 4, unheard: [], cut: 0 })

  // What was cut off where it lies is another thing than what broke on its way.
  const scratch = await emptyMachine(t, config.keyFile)
  for (const [key, bytes] of [...store.objects].filter(([name]) => name !== 'mail/keys').slice(-2)) {
    store.objects.set(key, bytes.subarray(0, bytes.length >> 1))
    const refused = await refusalOf(restoreBackup({ config: scratch, target, log: silent }))
    assert.equal(refused.reason, 'invalid')
    assert.match(refused.fields[0] ?? '', new RegExp(`^${key.slice('mail/'.length)}: `))
    store.objects.set(key, bytes)
  }
})

test('what is written is there whole, in one part or several, and never in the place of something else', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  for (const size of [0, 1, 16 * 1024 * 1024, 16 * 1024 * 1024 + 1, 40_000_000]) {
    const content = randomBytes(size)
    const isInParts = size > 16 * 1024 * 1024
    const unheard = isInParts ? ['PUT object uploadId', 'POST object uploadId'] : ['PUT object']
    Object.assign(store.trouble, { unheard, cut: 1 })
    await target.put(OBJECT, [content.subarray(0, 7), content.subarray(7)])
    assert.ok(store.objects.get(`mail/${OBJECT}`)?.equals(content), `${size} bytes`)
    assert.ok((await getWhole(target, OBJECT, size)).equals(content))
    assert.deepEqual(unheard, [])
    store.trouble.cut = 0
    assert.equal((await refusalOf(put(target, randomBytes(size || 1)))).reason, 'exists')
    assert.equal((await refusalOf(target.put(OBJECT, [randomBytes(17_000_000)]))).reason, 'exists')
    assert.ok(store.objects.get(`mail/${OBJECT}`)?.equals(content))
    await target.remove(OBJECT)
    await target.remove(OBJECT)
    assert.deepEqual([store.objects.size, store.uploads.size], [0, 0])
  }
})

test('a store that heard of a rival’s object while its answer was lost does not pass that for ours', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  let isFirst = true
  store.trouble.instead = (_request, response) => {
    if (isFirst) store.objects.set(`mail/${OBJECT}`, Buffer.from('another'))
    else delete store.trouble.instead
    isFirst = false
    response.destroy()
  }
  const refused = await refusalOf(put(target, Buffer.from('ours')))
  assert.equal(refused.reason, 'exists')
})

test('the copy of the keys is replaced in one step, also where it is large', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  for (const size of [10, 20_000_000, 20]) {
    const copy = randomBytes(size)
    await target.replace('keys', copy)
    assert.ok((await getWhole(target, 'keys', size)).equals(copy))
  }
  assert.equal((await refusalOf(getWhole(target, 'keys', 19))).reason, 'tooLarge')
})

test('a list of 2,500 names comes whole, and nothing that is not ours is listed or removed', async (t) => {
  const store = await startStore(t, { maxKeys: 100 })
  const target = openS3Target(store.settings, SOON)
  const names = Array.from({ length: 2500 }, (_, i) => `objects/backup/${String(i).padStart(4, '0')}`)
  for (const name of names) store.objects.set(`mail/${name}`, Buffer.alloc(1))
  const foreign = [
    'mail/objects/a<&>b',
    'mail/objects/backup/x/y',
    'mail/objects/backup/..',
    'objects/backup/0001',
    'other',
  ]
  for (const key of foreign) store.objects.set(key, Buffer.alloc(1))
  store.uploads.set('a', 'mail/objects/backup/begun').set('b', 'mail/keys').set('c', 'other')
  store.trouble.slowEvery = 7
  assert.deepEqual(await named(target.list('objects/')), names)
  await target.clear('objects/backup/')
  assert.deepEqual([...store.objects.keys()], foreign)
  assert.deepEqual([...store.uploads.keys()], ['c'])
})

test('an object that cannot be written to its end leaves nothing', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  const failing = async function* (): AsyncGenerator<Uint8Array, void> {
    yield randomBytes(40_000_000)
    throw new Error('the source has ended early')
  }
  await assert.rejects(target.put(OBJECT, failing()), /the source has ended early/)
  assert.deepEqual([store.objects.size, store.uploads.size], [0, 0])
})

test('an upload whose beginning nobody heard of is begun again, and the first one ended with what a killed backup left', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  store.trouble.unheard = ['POST object uploads']
  await target.put(OBJECT, [randomBytes(17_000_000)])
  assert.equal(store.uploads.size, 1)
  await target.clear('objects/')
  assert.deepEqual([store.objects.size, store.uploads.size], [0, 0])
})

test('what is not there is told apart from a bucket that is not there', async (t) => {
  const store = await startStore(t)
  const target = openS3Target(store.settings, SOON)
  const missing = await refusalOf(getWhole(target, OBJECT, 10))
  assert.deepEqual([missing.reason, missing.fields], ['notFound', [OBJECT]])
  const elsewhere = openS3Target({ ...store.settings, bucket: 'another' }, SOON)
  const refused = await refusalOf(getWhole(elsewhere, OBJECT, 10))
  assert.deepEqual(
    [refused.reason, refused.fields],
    ['unavailable', [`${OBJECT}: the store answered 404 NoSuchBucket`]],
  )
})

test('a wrong secret and a wrong id are refused by name, at the first attempt, and no error holds the secret', async (t) => {
  const store = await startStore(t)
  const secret = 'wrong/secret+of-somebody'
  const wrong = openS3Target(store.withSecret(secret), SOON)
  for (const [work, name] of [
    [() => put(wrong, Buffer.from('x')), OBJECT],
    [() => named(wrong.list('backups/')), 'backups/'],
    [() => getWhole(wrong, OBJECT, 10), OBJECT],
    [() => wrong.remove(OBJECT), OBJECT],
  ] as [() => Promise<unknown>, string][]) {
    store.asked.length = 0
    const refused = await refusalOf(work())
    assert.deepEqual(refused.fields, [`${name}: the store answered 403 SignatureDoesNotMatch`])
    assert.equal(store.asked.length, 1)
    assert.ok(!wordsOf(refused).includes(secret) && !wordsOf(refused).includes(store.settings.accessKeyId))
    assert.match(JSON.stringify(describeError(refused)), /"code":"SignatureDoesNotMatch"/)
  }
  const nobody = openS3Target({ ...store.settings, accessKeyId: 'NOBODY' }, SOON)
  assert.match((await refusalOf(put(nobody, Buffer.from('x')))).fields[0] ?? '', /403 InvalidAccessKeyId$/)
  assert.equal(store.objects.size, 0)
})

/** Signs by hand, so that each thing can be left out. */
const UNSIGNED: [what: string, code: string, change: (headers: Headers) => void, datetime?: string][] = [
  ['as it should be', '', () => undefined],
  ['no signature', 'AuthorizationHeaderMalformed', (headers) => headers.delete('authorization')],
  ['a date of an hour ago', 'RequestTimeTooSkewed', () => undefined, timeOf(-3600)],
  ['a date in an hour', 'RequestTimeTooSkewed', () => undefined, timeOf(3600)],
  ['a header that is not signed', 'AccessDenied', (headers) => headers.set('x-amz-meta-more', '1')],
  ['another body', 'XAmzContentSHA256Mismatch', (headers) => headers.set('x-amz-content-sha256', 'UNSIGNED-PAYLOAD')],
  ['no digest', 'InvalidRequest', (headers) => headers.delete('x-amz-content-sha256')],
  ['another date than was signed', 'SignatureDoesNotMatch', (headers) => headers.set('x-amz-date', timeOf(-60))],
]

function timeOf(seconds: number): string {
  return new Date(nowMs() + seconds * 1000).toISOString().replaceAll(/[:-]|\.\d{3}/g, '')
}

for (const [what, code, change, datetime] of UNSIGNED)
  test(`the store of these tests is strict: ${what}`, async (t) => {
    const { settings } = await startStore(t)
    const secretAccessKey = readFileSync(settings.secretKeyFile, 'utf8').trim()
    const url = `${settings.endpoint}/${settings.bucket}/mail/keys?a=b%20c`
    const { accessKeyId, region } = settings
    const headers = { 'x-amz-content-sha256': createHash('sha256').update('body').digest('hex') }
    const signed = await new AwsV4Signer({
      method: 'PUT',
      url,
      headers,
      accessKeyId,
      secretAccessKey,
      service: 's3',
      region,
      datetime: datetime ?? timeOf(0),
    }).sign()
    change(signed.headers)
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sending = requestHttp(url, { method: 'PUT', headers: Object.fromEntries(signed.headers) }, resolve)
      sending.on('error', reject).end('body')
    })
    const said = /<Code>(\w+)<\/Code>/.exec(await text(answer))?.[1] ?? ''
    assert.deepEqual([answer.statusCode, said], [code === '' ? 200 : 403, code])
  })

const STRANGE: [attack: string, status: number, body: string, says: RegExp][] = [
  ['a page of somebody else', 200, '<!DOCTYPE html><html></html>', /something that is no list$/],
  ['a list of another kind', 200, '<ListAllMyBucketsResult/>', /something that is no list$/],
  ['a list without end', 200, `<ListBucketResult>${' '.repeat(5_000_000)}`, /answered without end$/],
  [
    'a page that leads to itself',
    200,
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>',
    /list does not end$/,
  ],
  [
    'a page that leads nowhere',
    200,
    '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
    /list does not end$/,
  ],
  ['a code that is none', 403, '<Error><Code>see mail@example.org\n</Code></Error>', /answered 403 unknown$/],
  ['a web page as a refusal', 403, '<html>you</html>', /answered 403 unknown$/],
  ['elsewhere', 307, '', /answered 307 unknown$/],
  ['an error that is said to be none', 200, '<Error><Code>InternalError</Code></Error>', /answered 500 InternalError$/],
  ['slow for ever', 503, '<Error><Code>SlowDown</Code></Error>', /answered 503 SlowDown$/],
]
for (const [attack, status, body, says] of STRANGE)
  test(`a store that answers ${attack} is told by name`, async (t) => {
    const store = await startStore(t)
    const target = openS3Target(store.settings, SOON)
    store.trouble.instead = (_request, response) =>
      response.writeHead(status, status === 307 ? { location: 'http://127.0.0.1:1/' } : {}).end(body)
    const refused = await refusalOf(named(target.list('backups/')))
    assert.equal(refused.reason, 'unavailable')
    assert.match(refused.fields[0] ?? '', says)
    assert.match(refused.fields[0] ?? '', /^backups\/: /)
  })

test('a store that is not there, hangs up or speaks something else is told by its code', async (t) => {
  const { settings } = await startStore(t)
  const closing = createServer((socket) => socket.destroy())
  const other = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'))
  for (const server of [closing, other]) {
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    t.after(() => server.close())
  }
  const portOf = (server: typeof closing): number => (server.address() as AddressInfo).port
  for (const [port, code] of [
    [1, 'ECONNREFUSED'],
    [portOf(closing), 'ECONNRESET'],
    [portOf(other), 'HPE_INVALID_CONSTANT'],
  ] as const) {
    const target = openS3Target({ ...settings, endpoint: `http://127.0.0.1:${port}` }, SOON)
    const refused = await refusalOf(put(target, Buffer.from('x')))
    assert.deepEqual(refused.fields, [`${OBJECT}: the store cannot be reached: ${code}`])
  }
})

test('the file with the secret has to be its owner’s alone', async (t) => {
  const { settings } = await startStore(t)
  const file = settings.secretKeyFile
  const complaint = (): string => {
    try {
      openS3Target(settings)
      return ''
    } catch (error) {
      assert.ok(error instanceof Refusal && error.reason === 'invalid')
      return error.fields[0] ?? ''
    }
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(file, mode)
    assert.equal(complaint(), '')
  }
  for (const mode of [0o640, 0o604, 0o644, 0o660]) {
    chmodSync(file, mode)
    assert.match(complaint(), /^backup\.s3\.secretKeyFile: only its owner may read it/)
  }
  chmodSync(file, 0o600)
  for (const content of ['', '\n', 'two\nlines', 'ä', 'x'.repeat(2000)]) {
    writeFileSync(file, content)
    assert.equal(complaint(), 'backup.s3.secretKeyFile: wanted is one line, the secret key')
  }
  settings.secretKeyFile = '/nowhere/secret'
  assert.equal(complaint(), 'backup.s3.secretKeyFile: there is no such file')
})
