const BLOCK = 512
const MOST_FILES = 20_000

/** A file in a tar archive (POSIX ustar, and GNU's long names); cut short where the archive is. */
export interface TarFile {
  name: string
  content: Buffer
}

const textAt = (bytes: Buffer, at: number, length: number): string =>
  (bytes.toString('utf8', at, at + length).split('\0', 1)[0] as string).trim()

/** Lists an archive until its end, or until something in it is no header. */
export function* readTar(bytes: Buffer): Generator<TarFile> {
  let longName: string | undefined
  let at = 0
  for (let count = 0; at + BLOCK <= bytes.length && count < MOST_FILES; count++) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') return
    const size = Number.parseInt(textAt(bytes, at + 124, 12), 8)
    if (!(size >= 0)) return
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size)
    const type = String.fromCharCode(bytes[at + 156] as number)
    if (type === 'L') longName = textAt(content, 0, Math.min(content.length, 4096))
    else {
      const prefix = textAt(bytes, at + 345, 155)
      const name = textAt(bytes, at, 100)
      if (type === '0' || type === '\0')
        yield { name: longName ?? (prefix === '' ? name : `${prefix}/${name}`), content }
      longName = undefined
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}
