import { hash } from 'node:crypto'
import { bytesOf } from '#mail'
import { decodeScript, MOST_SCRIPT_BYTES, readScripts, scriptsState, type KeptScript } from '#mail/scripts'
import type { OpenAccount } from '#storage'
import { SetError } from '../calls/errors.ts'
import type { BlobResolver } from '../capability.ts'
import { idsWith } from '../ids.ts'
import { contentOf } from '../mail/email/create.ts'

/** A SieveScript. RFC 9661 §2. */
export const type = 'SieveScript'
export const scriptIds = idsWith('v')

export const state = async (account: OpenAccount): Promise<string> => String(await scriptsState(account))

export interface ShownScript extends Record<string, unknown> {
  id: string
  name: string
  blobId: string
  isActive: boolean
}

export const shown = ({ id, name, text, isActive }: KeptScript): ShownScript => ({
  id: scriptIds.of(id),
  name,
  blobId: scriptBlobId(id, text),
  isActive,
})

/** It names the script and its text: what is downloaded by it never changes (RFC 8620 §6.2). */
const scriptBlobId = (id: number, text: string): string => `${scriptIds.of(id)}-${hash('sha256', text).slice(0, 32)}`

async function findByBlobId(account: OpenAccount, blobId: string): Promise<KeptScript | undefined> {
  const [, id = ''] = /^(v[\da-z]{1,11})-[\da-f]{32}$/.exec(blobId) ?? []
  const [script] = id === '' ? [] : await readScripts(account, scriptIds.numbersOf([id]))
  return script !== undefined && scriptBlobId(script.id, script.text) === blobId ? script : undefined
}

/** The text of a script, for the download endpoint. RFC 5228 §6. */
export const scriptBlob: BlobResolver = async (account, blobId) => {
  const script = await findByBlobId(account, blobId)
  if (script === undefined) return undefined
  const bytes = Buffer.from(script.text)
  return {
    type: 'application/sieve',
    size: bytes.length,
    async *stream(start, end) {
      yield bytes.subarray(start, end)
    },
  }
}

/**
 * The text that a blob holds: of a script, of an upload, of a letter or a part of one.
 * @throws SetError 'blobNotFound', 'tooLarge'; SieveError for what is no text
 */
export async function textOf(account: OpenAccount, blobId: string): Promise<string> {
  const own = await findByBlobId(account, blobId)
  if (own !== undefined) return own.text
  const content = await contentOf(account, blobId)
  if (content === undefined) throw new SetError('blobNotFound', undefined, { notFound: [blobId] })
  if (content.size > MOST_SCRIPT_BYTES) throw new SetError('tooLarge', undefined, { maxSize: MOST_SCRIPT_BYTES })
  return decodeScript(await bytesOf(content))
}
