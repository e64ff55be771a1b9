/** What a file is by its first bytes, whatever its name says. */
export type Kind = 'program' | 'script' | 'image' | 'zip' | 'gzip' | 'tar' | 'sevenZip' | 'rar' | 'ole'

/** How much of a file tells its kind: an image of a CD says so after 32 KiB. */
export const HEAD_BYTES = 36 * 1024

const SIGNATURES: readonly [kind: Kind, at: number, bytes: string][] = [
  ['program', 0, '\x7fELF'],
  // Mach-O in both orders and widths; the last is several of them in one file, and compiled Java.
  ['program', 0, '\xfe\xed\xfa\xce'],
  ['program', 0, '\xfe\xed\xfa\xcf'],
  ['program', 0, '\xce\xfa\xed\xfe'],
  ['program', 0, '\xcf\xfa\xed\xfe'],
  ['program', 0, '\xca\xfe\xba\xbe'],
  // A shortcut of Windows, which may run anything.
  ['program', 0, 'L\0\0\0\x01\x14\x02\0'],
  ['program', 0, 'ITSF\x03\0\0\0'],
  ['script', 0, '#!/'],
  ['script', 0, '#! /'],
  // Images of disks lose the mark that what is on them came from elsewhere.
  ['image', 32_769, 'CD001'],
  ['image', 0, 'conectix'],
  ['image', 0, 'vhdxfile'],
  ['image', 0, 'MSCF\0\0\0\0'],
  ['zip', 0, 'PK\x03\x04'],
  ['zip', 0, 'PK\x05\x06'],
  ['gzip', 0, '\x1f\x8b\x08'],
  ['tar', 257, 'ustar'],
  ['sevenZip', 0, "7z\xbc\xaf'\x1c"],
  ['rar', 0, 'Rar!\x1a\x07'],
  ['ole', 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'],
]

/** @param head  the first HEAD_BYTES, or what there is of them */
export function kindOf(head: Buffer): Kind | undefined {
  if (isWindowsProgram(head)) return 'program'
  return SIGNATURES.find(([, at, bytes]) => head.toString('latin1', at, at + bytes.length) === bytes)?.[0]
}

/** "MZ" alone may begin a sentence: a header of 64 bytes follows it, and most of it is zero. */
const isWindowsProgram = (head: Buffer): boolean =>
  head.length >= 64 && ['MZ', 'ZM'].includes(head.toString('latin1', 0, 2)) && head.subarray(2, 64).includes(0)
