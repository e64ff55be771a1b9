/** Bytes of one part of a path: with a folder or two before it, it stays below what file systems take. */
const MOST_BYTES = 120

/** Names of devices on Windows, with whatever ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/**
 * Any text as one part of a path that every file system takes and that leads nowhere else: without separators, controls, what turns the
 * direction of writing, names of devices, and dots and spaces at its ends.
 */
export function fileName(text: string, instead = '_'): string {
  const plain = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '')
    .replaceAll(/[/\\:*?"<>|]/g, '_')
    .replaceAll(/\s+/g, ' ')
  const name = cut(plain.replace(/^[. ]+/, '')).replace(/[. ]+$/, '')
  if (name === '') return instead
  return DEVICES.test(name) ? `_${name}` : name
}

/** The beginning that fits, with no character torn apart. */
function cut(text: string): string {
  let [bytes, end] = [0, 0]
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > MOST_BYTES) break
    end += character.length
  }
  return text.slice(0, end)
}

/** Makes names within one folder differ, also for those who do not tell capitals from small letters. */
export function openNames(): (text: string, instead?: string) => string {
  const taken = new Set<string>()
  return (text, instead) => {
    const name = fileName(text, instead)
    for (let number = 1; ; number++) {
      const one = number === 1 ? name : `${name} (${number})`
      const key = one.normalize('NFKC').toLowerCase()
      if (taken.has(key)) continue
      taken.add(key)
      return one
    }
  }
}
