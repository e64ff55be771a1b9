const startsWith =
  (hex: string, at = 0) =>
  (bytes: Buffer): boolean =>
    bytes.toString('hex', at, at + hex.length / 2) === hex

/** ISO 14496-12 §4.3: a box `ftyp`, whose brands say what the file is. */
function isAvif(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 4, 8) !== 'ftyp') return false
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 256)
  const brands = bytes.toString('latin1', 8, end).match(/.{4}/gs) ?? []
  return brands.some((brand) => brand === 'avif' || brand === 'avis')
}

/** The pictures that are shown, by what they begin with. None of them can carry a script, as SVG can. */
const TYPES: readonly [type: string, is: (bytes: Buffer) => boolean][] = [
  ['image/png', startsWith('89504e470d0a1a0a')],
  ['image/jpeg', startsWith('ffd8ff')],
  ['image/gif', (bytes) => /^GIF8[79]a/.test(bytes.toString('latin1', 0, 6))],
  ['image/webp', (bytes) => /^RIFF.{4}WEBP/s.test(bytes.toString('latin1', 0, 12))],
  ['image/avif', isAvif],
]

/** What kind of picture bytes are, whatever somebody says they are; undefined when they are none that is shown. */
export const pictureType = (bytes: Buffer): string | undefined =>
  bytes.length < 12 ? undefined : TYPES.find(([, is]) => is(bytes))?.[0]

/** Media types that are asked for. */
export const PICTURE_TYPES = TYPES.map(([type]) => type).join(', ')
