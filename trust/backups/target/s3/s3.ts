import { readFileSync, statSync } from 'node:fs'
import { Refusal } from '#system'
import type { Target } from '../target.ts'
import { openStore, StoreSaid, unavailable, type S3Settings, type Store } from './ask.ts'
import { download } from './download.ts'
import { upload } from './upload.ts'
import { inside, readXml, textOf, type Element } from './xml.ts'

/** What of a bucket is ours. Nothing else is looked at or removed, whatever somebody put there. */
const NAME = /^(?:keys|backups\/[\w.-]{1,100}|objects\/[\w-]{1,64}\/[\w-]{1,64})$/

/** Pages of a list of a thousand names each. */
const MOST_PAGES = 100_000

/** Pages of uploads that were never finished; a process that was killed leaves one or two. */
const MOST_UPLOAD_PAGES = 100

const REMOVED_AT_ONCE = 8

/** A bucket of a store that speaks S3, or what stands below a prefix there. @param waitMs  as `openStore` has it */
export function openS3Target(settings: S3Settings, waitMs?: number): Target {
  const store = openStore(settings, readSecret(settings.secretKeyFile), waitMs)
  const { prefix } = settings

  const list = async function* (below: string): AsyncGenerator<string, void> {
    for await (const page of pages(store, { 'list-type': '2', prefix: prefix + below }, below))
      for (const entry of inside(page, 'Contents')) {
        const key = textOf(entry, 'Key')
        if (key.startsWith(prefix + below) && NAME.test(key.slice(prefix.length))) yield key.slice(prefix.length)
      }
  }
  const remove = (name: string): Promise<void> => ignore('NoSuchKey', store.ask({ method: 'DELETE', name }))

  return {
    put: (name, content) => upload({ store, name, content, isNew: true }),
    replace: (name, content) => upload({ store, name, content: [content], isNew: false }),
    get: (name) => download(store, name),
    list,
    remove,

    async clear(below) {
      const names: string[] = []
      for await (const name of list(below)) names.push(name)
      for (let at = 0; at < names.length; at += REMOVED_AT_ONCE)
        await Promise.all(names.slice(at, at + REMOVED_AT_ONCE).map(remove))
      for (const place of [below, 'backups/', 'keys']) await endUploads(store, prefix, place)
    },
  }
}

/** The pages of a list (ListObjectsV2). */
async function* pages(store: Store, query: Record<string, string>, about: string): AsyncGenerator<Element, void> {
  let token: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const more: Record<string, string> = token === undefined ? {} : { 'continuation-token': token }
    const { body } = await store.ask({ method: 'GET', query: { ...query, ...more }, about })
    const root = rootOf(body, 'ListBucketResult', about)
    yield root
    if (textOf(root, 'IsTruncated') !== 'true') return
    const next = textOf(root, 'NextContinuationToken')
    if (next === '' || next === token || next.length > 8192) break
    token = next
  }
  throw unavailable(`${about}: the store's list does not end`)
}

/** Ends uploads in parts that nobody will finish: their parts are in no list, and cost all the same. */
async function endUploads(store: Store, prefix: string, place: string): Promise<void> {
  for (let page = 0; page < MOST_UPLOAD_PAGES; page++) {
    const { body } = await store.ask({ method: 'GET', query: { uploads: '', prefix: prefix + place }, about: place })
    const found = inside(rootOf(body, 'ListMultipartUploadsResult', place), 'Upload').flatMap((entry) => {
      const key = textOf(entry, 'Key')
      const name = key.slice(prefix.length)
      return key.startsWith(prefix + place) && NAME.test(name) ? [{ name, uploadId: textOf(entry, 'UploadId') }] : []
    })
    if (found.length === 0) return
    for (const { name, uploadId } of found)
      await ignore('NoSuchUpload', store.ask({ method: 'DELETE', name, query: { uploadId } }))
  }
}

function rootOf(body: Buffer, name: string, about: string): Element {
  const root = readXml(body.toString())
  if (root?.name !== name) throw unavailable(`${about}: the store answered something that is no list`)
  return root
}

async function ignore(code: string, asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    const said = error instanceof Refusal ? error.cause : undefined
    if (!(said instanceof StoreSaid && said.code === code)) throw error
  }
}

/** @throws Refusal 'invalid' that names the setting, never what stands in the file */
function readSecret(file: string): string {
  const wrong = (what: string): Refusal => new Refusal('invalid', { fields: [`backup.s3.secretKeyFile: ${what}`] })
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() !== true) throw wrong('there is no such file')
  if ((found.mode & 0o077) !== 0) throw wrong('only its owner may read it: mode 0400 or 0600')
  const secret = found.size <= 1024 ? readFileSync(file, 'utf8').trim() : ''
  if (!/^[\x21-\x7e]{1,512}$/.test(secret)) throw wrong('wanted is one line, the secret key')
  return secret
}
