import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { randomBytes } from 'node:crypto'
import { Refusal } from '#system'
import { KEY_BYTES } from '../sealing/seal.ts'

/**
 * The master key's file (`ZEGEL_KEY`): a line for each living epoch, `number key`, the key in base64url. It lies outside
 * the data folder and every backup of it. Two lines stand in it only while the epoch turns.
 */
export type Epochs = ReadonlyMap<number, Buffer>

const HEAD = `# The master key of a Zegel server. Together with the database it opens everything; without it, nothing.
# Keep a copy apart from every backup of the data.
`

export const newEpochKey = (): Buffer => randomBytes(KEY_BYTES)

/** What a file system says of a place where no such file can be. */
const PLACE = new Set(['EACCES', 'EEXIST', 'EISDIR', 'ENOENT', 'ENOTDIR', 'EPERM', 'EROFS'])

/** @throws Refusal 'invalid' that names the file, when it cannot be where it should */
function inPlace<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || !PLACE.has(code)) throw error
    throw new Refusal('invalid', { fields: [`${file}: the master key cannot be kept or read there (${code})`] })
  }
}

/** @throws Refusal 'invalid' when the file is not there or is not what it should be */
export function readEpochs(file: string): Epochs {
  if (!existsSync(file))
    throw new Refusal('invalid', {
      fields: [`${file}: the master key is not there, and without it nothing in the database opens`],
    })
  const epochs = new Map<number, Buffer>()
  for (const line of inPlace(file, () => readFileSync(file, 'utf8')).split('\n')) {
    const match = /^(\d{1,9}) ([\w-]{43})$/.exec(line)
    if (match !== null) epochs.set(Number(match[1]), Buffer.from(match[2] as string, 'base64url'))
    else if (line !== '' && !line.startsWith('#'))
      throw new Refusal('invalid', { fields: [`${file}: not a master key's file`] })
  }
  return epochs
}

/**
 * Replaces the file in one step: a reader, or a crash, finds the old one or the new one. Makes the folders that it lies in.
 * @throws Refusal 'invalid' when no file can be there
 */
export function writeEpochs(file: string, epochs: Epochs): void {
  const fresh = `${file}.new`
  const handle = inPlace(file, () => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    rmSync(fresh, { force: true })
    return openSync(fresh, 'wx', 0o400)
  })
  try {
    // Until all of it stands there: a disk that becomes full takes a part.
    writeFileSync(handle, HEAD + [...epochs].map(([epoch, key]) => `${epoch} ${key.toString('base64url')}\n`).join(''))
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(fresh, file)
  const folder = openSync(dirname(file), 'r')
  fsyncSync(folder)
  closeSync(folder)
}
