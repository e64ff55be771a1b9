import { createHash, type Hash } from 'node:crypto'
import { Refusal } from '#system'
import { StoreSaid, unavailable, type Store } from './ask.ts'
import { download } from './download.ts'
import { readXml, textOf } from './xml.ts'

/** What is sent in one request, and again when that fails. A store joins at most 10,000 of them, each of 5 MB or more. */
const PART_BYTES = 16 * 1024 * 1024
const MOST_PARTS = 10_000

/** What can be sent in one request is; of more, the length is not known before its end, and it goes in parts that the store joins in one step. */
export interface Upload {
  store: Store
  name: string
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  /** Only where nothing is yet. */
  isNew: boolean
}

/** Writes an object, whole or not at all. @throws Refusal 'exists', 'tooLarge', 'unavailable' */
export async function upload({ store, name, content, isNew }: Upload): Promise<void> {
  const headers: Record<string, string> = isNew ? { 'if-none-match': '*' } : {}
  const hash = createHash('sha256')
  const parts = partsOf(content, hash)
  const first = await parts.next()
  const second = await parts.next()
  if (second.done === true) {
    const body = first.value ?? Buffer.alloc(0)
    await settle(store, name, hash, () => store.ask({ method: 'PUT', name, headers, body }))
    return
  }

  const { body: begun } = await store.ask({ method: 'POST', name, query: { uploads: '' } })
  const root = readXml(begun.toString())
  const uploadId = root === undefined ? '' : textOf(root, 'UploadId')
  if (uploadId === '' || uploadId.length > 2048) throw unavailable(`${name}: the store began no upload`)
  try {
    const sent: string[] = []
    const sendPart = async (body: Buffer): Promise<void> => {
      if (sent.length >= MOST_PARTS) throw new Refusal('tooLarge', { fields: [`${name}: larger than 160 GB`] })
      const query = { partNumber: String(sent.length + 1), uploadId }
      const { etag } = (await store.ask({ method: 'PUT', name, query, body })).headers
      if (etag === undefined || !/^"?[\w-]{1,200}"?$/.test(etag)) throw unavailable(`${name}: the store named no part`)
      sent.push(etag)
    }
    await sendPart(first.value as Buffer)
    await sendPart(second.value)
    for await (const part of parts) await sendPart(part)
    const list = sent.map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
    const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`)
    await settle(store, name, hash, () => store.ask({ method: 'POST', name, query: { uploadId }, headers, body }))
  } catch (error) {
    await store.ask({ method: 'DELETE', name, query: { uploadId } }).catch(() => undefined)
    throw error
  }
}

/**
 * Takes the last step. When it was taken before, and only the answer was lost, a store says that something is there, or that the parts
 * are no more: then what is there is compared.
 */
async function settle(store: Store, name: string, hash: Hash, step: () => Promise<unknown>): Promise<void> {
  try {
    await step()
  } catch (error) {
    const said = error instanceof Refusal ? error.cause : undefined
    if (!(said instanceof StoreSaid) || (said.status !== 412 && said.code !== 'NoSuchUpload')) throw error
    if (said.tries > 1 && (await digestThere(store, name)) === hash.copy().digest('hex')) return
    throw said.status === 412 ? new Refusal('exists', { fields: [name] }) : error
  }
}

async function digestThere(store: Store, name: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of download(store, name)) hash.update(piece)
  return hash.digest('hex')
}

async function* partsOf(content: Upload['content'], hash: Hash): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = []
  let size = 0
  for await (const piece of content) {
    hash.update(piece)
    for (let at = 0; at < piece.length;) {
      const some = piece.subarray(at, at + PART_BYTES - size)
      held.push(some)
      size += some.length
      at += some.length
      if (size < PART_BYTES) continue
      yield Buffer.concat(held, size)
      held = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(held, size)
}
