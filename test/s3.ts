import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { nowMs, type Config } from '#system'
import { newFolder, removeFolder } from './child.ts'
import type { Undo } from './database.ts'

/** A store of one bucket, as strict as the real ones are: nothing passes that is not signed as AWS Signature Version 4 wants it. */
export interface TestStore {
  settings: NonNullable<Config['backup']['s3']>
  objects: Map<string, Buffer>
  /** Uploads in parts that are not finished: their key by their id. */
  uploads: Map<string, string>
  /** Method, key and answer of each request so far. */
  asked: string[]
  trouble: Trouble
  /** Settings with another secret. */
  withSecret(secret: string): TestStore['settings']
}

/** What goes wrong. */
interface Trouble {
  /** Each so-manieth request is answered 503 SlowDown. */
  slowEvery?: number
  /** The next of each of these, named as in the table of what a store does, is carried out and never answered. */
  unheard?: string[]
  /** So many answers with an object break off in the middle. */
  cut?: number
  /** Answers everything. */
  instead?: (request: IncomingMessage, response: ServerResponse) => void
}

const BUCKET = 'zegel-backups'
const REGION = 'eu-west-1'
const KEY_ID = 'TESTKEY0001'

/** As real stores allow. */
const SKEW_MS = 15 * 60_000
const LEAST_PART_BYTES = 5 * 1024 * 1024

/** @param maxKeys  names on a page of a list */
export async function startStore(t: Undo, { maxKeys = 1000, prefix = 'mail/' } = {}): Promise<TestStore> {
  const folder = newFolder()
  const secret = randomBytes(30).toString('base64')
  const withSecret = (text: string): TestStore['settings'] => {
    const secretKeyFile = join(folder, randomBytes(8).toString('hex'))
    writeFileSync(secretKeyFile, `${text}\n`, { mode: 0o600 })
    return { ...settings, secretKeyFile }
  }
  const bucket: Bucket = { objects: new Map(), uploads: new Map(), parts: new Map(), maxKeys }
  const asked: string[] = []
  const trouble: Trouble = {}
  let count = 0

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const url = new URL(request.url ?? '/', 'http://store')
    const order: Order = {
      method: request.method ?? '',
      key: decodeURIComponent(url.pathname.slice(BUCKET.length + 2)),
      query: url.searchParams,
      request,
      body,
    }
    const refused = checkSignature(request, body, secret)
    const isSlow = trouble.slowEvery !== undefined && ++count % trouble.slowEvery === 0
    const answer =
      refused !== undefined
        ? failure(403, refused)
        : isSlow
          ? failure(503, 'SlowDown')
          : url.pathname.split('/')[1] === BUCKET
            ? work(bucket, order)
            : failure(404, 'NoSuchBucket')
    asked.push(`${order.method} ${order.key} ${answer.status} ${answer.code ?? ''}`.trim())
    if (trouble.instead !== undefined) return trouble.instead(request, response)
    const unheard = answer.status < 300 ? (trouble.unheard?.indexOf(whatOf(order)) ?? -1) : -1
    if (unheard >= 0) {
      trouble.unheard?.splice(unheard, 1)
      response.destroy()
      return
    }
    const content = answer.body ?? Buffer.alloc(0)
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(answer.status === 204 ? {} : { 'content-length': content.length }),
    })
    if (order.method === 'GET' && order.key !== '' && answer.status < 300 && (trouble.cut ?? 0) > 0) {
      trouble.cut = (trouble.cut ?? 0) - 1
      response.write(content.subarray(0, content.length >> 1), () => response.destroy())
    } else response.end(content)
  }
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    removeFolder(folder)
  })
  const settings: TestStore['settings'] = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: REGION,
    bucket: BUCKET,
    prefix,
    accessKeyId: KEY_ID,
    secretKeyFile: '',
  }
  const { objects, uploads } = bucket
  return { settings: withSecret(secret), objects, uploads, asked, trouble, withSecret }
}

interface Bucket {
  objects: Map<string, Buffer>
  uploads: Map<string, string>
  parts: Map<string, Map<number, Buffer>>
  maxKeys: number
}

interface Order {
  method: string
  key: string
  query: URLSearchParams
  request: IncomingMessage
  body: Buffer
}

interface Answer {
  status: number
  code?: string
  headers?: Record<string, string>
  body?: Buffer
}

const failure = (status: number, code: string): Answer => ({
  status,
  code,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message><RequestId>1</RequestId></Error>`,
  ),
})

const xml = (text: string): Answer => ({
  status: 200,
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`),
})

const digest = (algorithm: string, bytes: Buffer | string): string => createHash(algorithm).update(bytes).digest('hex')
const etagOf = (bytes: Buffer): string => `"${digest('md5', bytes)}"`
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** What a store does, by method and what is asked about. */
const WORK: Record<string, (bucket: Bucket, order: Order) => Answer> = {
  'GET bucket': list,
  'GET bucket uploads': listUploads,
  'GET object': get,
  'PUT object': put,
  'DELETE object'({ objects }, { key }) {
    objects.delete(key)
    return { status: 204 }
  },
  'POST object uploads'({ uploads, parts }, { key }) {
    const id = randomBytes(12).toString('base64')
    uploads.set(id, key)
    parts.set(id, new Map())
    return xml(
      `<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Bucket>${BUCKET}</Bucket><Key>${escape(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    )
  },
  'PUT object uploadId'({ uploads, parts }, { key, query, body }) {
    const id = query.get('uploadId') ?? ''
    if (uploads.get(id) !== key) return failure(404, 'NoSuchUpload')
    parts.get(id)?.set(Number(query.get('partNumber')), body)
    return { status: 200, headers: { etag: etagOf(body) } }
  },
  'POST object uploadId': complete,
  'DELETE object uploadId'({ uploads }, { query }) {
    return uploads.delete(query.get('uploadId') ?? '') ? { status: 204 } : failure(404, 'NoSuchUpload')
  },
}

const work = (bucket: Bucket, order: Order): Answer =>
  WORK[whatOf(order)]?.(bucket, order) ?? failure(405, 'MethodNotAllowed')

function whatOf({ method, key, query }: Order): string {
  const about = ['uploads', 'uploadId'].find((name) => query.has(name))
  return [method, key === '' ? 'bucket' : 'object', about].filter((word) => word !== undefined).join(' ')
}

function list({ objects, maxKeys }: Bucket, { query }: Order): Answer {
  if (query.get('list-type') !== '2') return failure(400, 'InvalidArgument')
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const after = token === null ? '' : Buffer.from(token, 'base64').toString()
  const all = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted()
  const page = all.slice(0, maxKeys)
  const isMore = all.length > page.length
  const next = isMore
    ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64')}</NextContinuationToken>`
    : ''
  const contents = page.map(
    (key) => `<Contents><Key>${escape(key)}</Key><Size>${objects.get(key)?.length}</Size></Contents>`,
  )
  return xml(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${BUCKET}</Name><Prefix>${escape(prefix)}</Prefix><IsTruncated>${isMore}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  )
}

function listUploads({ uploads }: Bucket, { query }: Order): Answer {
  const found = [...uploads].filter(([, key]) => key.startsWith(query.get('prefix') ?? ''))
  const rows = found.map(([id, key]) => `<Upload><Key>${escape(key)}</Key><UploadId>${id}</UploadId></Upload>`)
  return xml(
    `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${rows.join('')}</ListMultipartUploadsResult>`,
  )
}

function get({ objects }: Bucket, { key, request }: Order): Answer {
  const found = objects.get(key)
  if (found === undefined) return failure(404, 'NoSuchKey')
  const etag = etagOf(found)
  if ((request.headers['if-match'] ?? etag) !== etag) return failure(412, 'PreconditionFailed')
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
  if (range === null) return { status: 200, headers: { etag }, body: found }
  const from = Number(range[1])
  if (from >= found.length) return failure(416, 'InvalidRange')
  const headers = { etag, 'content-range': `bytes ${from}-${found.length - 1}/${found.length}` }
  return { status: 206, headers, body: found.subarray(from) }
}

const isInTheWay = ({ objects }: Bucket, { key, request }: Order): boolean =>
  request.headers['if-none-match'] === '*' && objects.has(key)

function put(bucket: Bucket, order: Order): Answer {
  if (order.request.headers['content-length'] === undefined) return failure(411, 'MissingContentLength')
  if (isInTheWay(bucket, order)) return failure(412, 'PreconditionFailed')
  bucket.objects.set(order.key, order.body)
  return { status: 200, headers: { etag: etagOf(order.body) } }
}

function complete(bucket: Bucket, order: Order): Answer {
  const id = order.query.get('uploadId') ?? ''
  const parts = bucket.parts.get(id)
  if (bucket.uploads.get(id) !== order.key || parts === undefined) return failure(404, 'NoSuchUpload')
  if (isInTheWay(bucket, order)) return failure(412, 'PreconditionFailed')
  const named = [
    ...order.body.toString().matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag><\/Part>/g),
  ]
  const joined = named.map(([, number, etag]) => {
    const part = parts.get(Number(number))
    return part !== undefined && etagOf(part) === etag ? part : undefined
  })
  const whole = joined.filter((part) => part !== undefined)
  if (whole.length !== joined.length || whole.length !== parts.size) return failure(400, 'InvalidPart')
  if (whole.slice(0, -1).some((part) => part.length < LEAST_PART_BYTES)) return failure(400, 'EntityTooSmall')
  bucket.objects.set(order.key, Buffer.concat(whole))
  bucket.uploads.delete(id)
  return xml(`<CompleteMultipartUploadResult><Key>${escape(order.key)}</Key></CompleteMultipartUploadResult>`)
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/

/** @returns the code of a refusal, as AWS names it in "Authenticating Requests (AWS Signature Version 4)" */
export function checkSignature(request: IncomingMessage, body: Buffer, secret: string): string | undefined {
  const { headers } = request
  const [, keyId, day, region, names, signature] = AUTHORIZATION.exec(headers.authorization ?? '') ?? []
  if (keyId === undefined || day === undefined || names === undefined || signature === undefined)
    return 'AuthorizationHeaderMalformed'
  if (keyId !== KEY_ID) return 'InvalidAccessKeyId'
  if (region !== REGION) return 'AuthorizationHeaderMalformed'

  const time = String(headers['x-amz-date'])
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (Number.isNaN(at) || !time.startsWith(day)) return 'AccessDenied'
  if (Math.abs(at - nowMs()) > SKEW_MS) return 'RequestTimeTooSkewed'

  const signed = names.split(';')
  const wanted = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))]
  if (!wanted.includes('x-amz-content-sha256')) return 'InvalidRequest'
  if (wanted.some((name) => !signed.includes(name))) return 'AccessDenied'
  const payload = String(headers['x-amz-content-sha256'])
  // What is not signed may only come through TLS.
  if (payload !== digest('sha256', body)) return 'XAmzContentSHA256Mismatch'

  const [path, query = ''] = (request.url ?? '').split('?') as [string, string?]
  const canonical = [
    request.method,
    path
      .split('/')
      .map((part) => encode(decodeURIComponent(part)))
      .join('/'),
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name, value = ''] = pair.split('=') as [string, string?]
        return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`
      })
      .toSorted()
      .join('&'),
    ...signed.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replaceAll(/\s+/g, ' ')}`,
    ),
    '',
    names,
    payload,
  ].join('\n')
  const scope = `${day}/${REGION}/s3/aws4_request`
  const key = [day, REGION, 's3', 'aws4_request'].reduce<Buffer>(
    (before, word) => createHmac('sha256', before).update(word).digest(),
    Buffer.from(`AWS4${secret}`),
  )
  const ours = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', time, scope, digest('sha256', canonical)].join('\n'))
    .digest()
  return timingSafeEqual(ours, Buffer.from(signature, 'hex')) ? undefined : 'SignatureDoesNotMatch'
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
