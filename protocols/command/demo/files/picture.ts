import { crc32, deflateSync } from 'node:zlib'

type Colour = readonly [red: number, green: number, blue: number]

/** The colour at a place of a picture, both from 0 to 1; `grain` gives a number from 0 to 1, the same for the same place. */
type Motif = (x: number, y: number, grain: (x: number, y: number) => number) => Colour

const mix = (from: Colour, to: Colour, share: number): Colour => [
  from[0] + (to[0] - from[0]) * share,
  from[1] + (to[1] - from[1]) * share,
  from[2] + (to[2] - from[2]) * share,
]

/** A landscape, one ridge before the other, at some hour of the day. */
const hills: Motif = (x, y, grain) => {
  const shift = grain(0, 0) * 6
  for (const [at, ridge] of [0.82, 0.66, 0.5].entries()) {
    const height = ridge + 0.07 * Math.sin(x * (5 + at * 2) + shift + at * 2) + 0.03 * Math.sin(x * 17 + at)
    if (y > height) return mix([38, 74, 52], [150, 178, 176], at / 2.5)
  }
  const sun = Math.hypot(x - 0.1 - grain(3, 5) * 0.8, (y - 0.1 - grain(8, 2) * 0.25) * 0.7)
  const low = mix([250, 214, 170], [214, 228, 236], grain(4, 9))
  return sun < 0.05 ? [255, 236, 170] : mix([112, 158, 206], low, y * 1.6)
}

const MOTIFS: Record<string, Motif> = {
  hills,
  /** A landscape with two towers and a wall between them. */
  castle: (x, y, grain) => {
    const isTower = Math.abs(x - 0.52) < 0.035 || Math.abs(x - 0.68) < 0.025
    const isWall = x > 0.52 && x < 0.68 && y > 0.46
    const isRoof = Math.abs(x - 0.52) < (y - 0.24) / 2 && y < 0.33
    const isGap = y < 0.36 && Math.floor(x * 110) % 2 === 0
    if (y < 0.62 && (isWall || isRoof || (isTower && y > 0.33 && !isGap)))
      return isRoof ? [112, 60, 52] : [124, 116, 108]
    return hills(x, y, grain)
  },
  /** A page of music: five staves and notes on them. */
  music: (x, y, grain) => {
    const row = (y * 5) % 1
    const line = (row - 0.3) / 0.08
    const beat = Math.floor(x * 14)
    const note = 0.26 + Math.floor(grain(beat, Math.floor(y * 5)) * 10) * 0.04
    const near = Math.hypot((x * 14 - beat - 0.5) * 2.6, (row - note) * 11)
    const isStem = Math.abs(x * 14 - beat - 0.66) < 0.04 && row < note && row > note - 0.26
    const isStaff = line > -0.05 && line < 4.1 && Math.abs(line - Math.round(line)) < 0.09
    const isInk = x > 0.04 && x < 0.96 && (isStaff || (beat > 0 && beat < 13 && (near < 0.36 || isStem)))
    return isInk ? [40, 38, 36] : [250, 247, 239]
  },
  /** The plan of a flat. */
  plan: (x, y) => {
    const isNear = (value: number, wall: number): boolean => Math.abs(value - wall) < 0.008
    const isOutside = x < 0.06 || x > 0.94 || y < 0.08 || y > 0.92
    const isWall =
      isNear(x, 0.07) ||
      isNear(x, 0.93) ||
      isNear(y, 0.09) ||
      isNear(y, 0.91) ||
      (isNear(x, 0.45) && !(y > 0.55 && y < 0.65)) ||
      (isNear(y, 0.5) && x < 0.45 && x > 0.18) ||
      (isNear(y, 0.6) && x > 0.6)
    return isOutside ? [255, 255, 255] : isWall ? [52, 60, 70] : x > 0.6 && y > 0.6 ? [221, 232, 240] : [247, 244, 236]
  },
  /** Handmade paper with its fibres, close up. Hard to compress, as photographs are. */
  paper: (x, y, grain) => {
    const fibre =
      grain(Math.floor(x * 240), Math.floor(y * 160)) * 26 + grain(Math.floor(x * 30), Math.floor(y * 60)) * 14
    return [242 - fibre, 233 - fibre, 212 - fibre * 1.1]
  },
}

/** A PNG. Words: motif, size and a number that makes it another picture: `hills 480x320 7`. @throws Error */
export function drawPicture(words: string): Buffer {
  const [, name = '', width, height, seed] = /^(\w+) (\d+)x(\d+) (\d+)$/.exec(words) ?? []
  const motif = MOTIFS[name]
  if (motif === undefined) throw new Error(`"${words}" is no picture`)
  return writePng(Number(width), Number(height), motif, grainOf(Number(seed)))
}

/** Numbers from a place by a hash of integers, so that a picture is the same each time. */
function grainOf(seed: number): (x: number, y: number) => number {
  return (x, y) => {
    let hash = Math.imul(x + seed * 101, 0x9e3779b1) ^ Math.imul(y + 7, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
    return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
  }
}

/** Eight bits a channel, no alpha; each row begins with the number of its filter, none (PNG, W3C 2003, §9 and §11). */
function writePng(width: number, height: number, motif: Motif, grain: (x: number, y: number) => number): Buffer {
  const rowBytes = 1 + width * 3
  const pixels = Buffer.alloc(rowBytes * height)
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const at = row * rowBytes + 1 + column * 3
      for (const [channel, value] of motif(column / width, row / height, grain).entries())
        pixels[at + channel] = Math.max(0, Math.min(255, value))
    }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(typed), 4)
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)])
}
